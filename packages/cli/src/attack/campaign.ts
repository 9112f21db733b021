import type { Attempt } from './attempt.ts';
import { type AttackMaterial, signedParts, takeApart } from './bad-token.ts';
import { badTokens } from './catalogue.ts';
import { createAttackerKey } from './key-tokens.ts';
import { type Lure, startLure } from './lure.ts';
import { type Gravity, reasonOf } from './reasons.ts';
import { type Answer, createTarget, type Target } from './target.ts';
import { transportAttempts } from './transport-attempts.ts';

/** Groups of the attack catalogue that can be tried from outside. */
export const GROUPS = ['T', 'K', 'J', 'C', 'X'] as const;
type Group = (typeof GROUPS)[number];

/** True for a group, or one class of it by its number. */
export const isClass = (text: string): boolean => /^[TKJCX](\d\d)?$/.test(text);

export interface CampaignOptions {
  readonly url: URL;
  readonly material: Omit<AttackMaterial, 'lure'>;
  /** Groups, or classes of them: `T`, `T10`. */
  readonly only: readonly string[];
  /** Most requests a second, one after the other. */
  readonly perSecond: number;
  /** Asked before each attempt: true ends the campaign. */
  readonly isStopped?: () => boolean;
}

export interface Finding {
  readonly id: string;
  readonly title: string;
  readonly status: Answer;
  readonly gravity: Gravity;
  readonly why: string;
}

/** What came of it. */
export interface Verdict {
  readonly tried: Readonly<Record<Group, number>>;
  readonly letIn: readonly Finding[];
  /** Neither in nor refused: an answer of 500 and above, or none. */
  readonly broken: readonly Omit<Finding, 'gravity' | 'why'>[];
}

/** The campaign could not begin, or says nothing. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive';
}

/**
 * Tries everything that can be made from a good token against an endpoint of one's own.
 *
 * @throws {Inconclusive} when the endpoint refuses the good token, at the beginning or at the end, or there is nothing to try.
 */
export async function attackEndpoint(options: CampaignOptions): Promise<Verdict> {
  const target = createTarget(options.url, options.perSecond);
  const lure = await startLure();
  try {
    return await attack(options, target, lure);
  } finally {
    target.close();
    lure.close();
  }
}

async function attack({ only, isStopped, ...options }: CampaignOptions, target: Target, lure: Lure): Promise<Verdict> {
  const material: AttackMaterial = { ...options.material, lure: lure.url };
  const attempts = attemptsOf(material, only, lure);
  // what was not tried let nobody in, and says nothing
  if (attempts.length === 0)
    throw new Inconclusive('nothing to try: there is no such class, or it needs --jwks or --key');
  const good = { headers: ['authorization', `Bearer ${material.token}`] };
  await expectLetIn(target, good, 'the token is refused: without one that is let in, a refusal says nothing');
  const remade = signedParts(material)?.sign();
  if (remade !== undefined)
    await expectLetIn(
      target,
      { headers: ['authorization', `Bearer ${remade}`] },
      'the signing key is not the one of the token',
    );
  const tried: Record<Group, number> = { T: 0, K: 0, J: 0, C: 0, X: 0 };
  const letIn: Finding[] = [];
  const broken: Omit<Finding, 'gravity' | 'why'>[] = [];
  const find = (id: string, title: string, status: Answer): void => {
    letIn.push({ id, title, status, ...reasonOf(id) });
  };
  const bare = await target.ask({ headers: [] });
  // nothing else is worth trying
  if (isIn(bare)) find('X00', 'no credential', bare);
  else
    for (const { id, title, headers, query } of attempts) {
      if (isStopped?.() === true) throw new Inconclusive('stopped before everything was tried');
      const asked = lure.asked.length;
      const status = await target.ask(query === undefined ? { headers } : { headers, query });
      tried[id.charAt(0) as Group]++;
      if (isIn(status)) find(id, title, status);
      else if (status === 429) throw new Inconclusive('the endpoint limits how often it is asked: use a lower --rate');
      else if (status === 'no answer' || status >= 500) broken.push({ id, title, status });
      if (lure.asked.length > asked) find(id, `${title}: the address in it was asked`, status);
    }
  await expectLetIn(target, good, 'the token is refused now: it expired, or its user was locked out');
  return { tried, letIn, broken };
}

function attemptsOf(material: AttackMaterial, only: readonly string[], lure: Lure): Attempt[] {
  const attacker = createAttackerKey(String(takeApart(material).members['alg']));
  lure.serve(attacker.jwk);
  const attempts = [
    ...badTokens(material, attacker)
      .filter(({ code, isChoice }) => code !== 'accepted' && !isChoice)
      .map(({ id, title, token }) => ({ id, title, headers: ['authorization', `Bearer ${token}`] })),
    ...transportAttempts(material),
  ];
  return attempts.filter(({ id }) => only.some((one) => id.startsWith(one)));
}

async function expectLetIn(target: Target, good: Pick<Attempt, 'headers'>, otherwise: string): Promise<void> {
  const status = await target.ask(good);
  if (!isIn(status)) throw new Inconclusive(`${otherwise} (${status})`);
}

/** A redirect is how pages refuse; a status of success is the only one that lets anybody in. */
function isIn(status: Answer): boolean {
  return status !== 'no answer' && status >= 200 && status < 300;
}
