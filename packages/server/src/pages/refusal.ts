import { PROBLEMS, Problem, type ProblemCode } from '../problem.ts';
import type { Texts } from './texts/en.ts';
import type { Visit } from './visit.ts';

/** Why a form was not taken, in words: above it, and by its fields. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: string;
  /** What the form says is no failure: something can be had by going on. */
  readonly isOffer?: true;
  readonly fields: Readonly<Record<string, string>>;
  /** The field whose value was judged and not taken, and the rule that it broke. */
  readonly broken?: { readonly field: string; readonly rule: ProblemCode };
}

/** Sentences by field, for what has the wrong shape. */
export type FieldSentences = Readonly<Record<string, string>>;

/** Fields with values that the operation doesn't take. */
export function refuseFields(wrong: readonly string[], sentences: FieldSentences): Refusal {
  return {
    status: 422,
    fields: Object.fromEntries(wrong.map((name) => [name, sentences[name] ?? ''])),
  };
}

/** The form was given to another browser or for somebody else. */
export function refuseStale({ texts }: Visit): Refusal {
  return { status: 403, form: texts.problems.stale, fields: {} };
}

/** Where a refusal is said: by which field, if by one; and another sentence than the usual one where that fits better. */
export type Places = Partial<
  Record<ProblemCode, { readonly field?: string; readonly sentence?: keyof Texts['problems'] }>
>;

/**
 * Does what a form asks for. A refusal that the person can do something about comes back as words; anything else is thrown on and
 * becomes a page of its own.
 */
export async function attempt<T>(
  visit: Visit,
  work: () => Promise<T>,
  places: Places = {},
): Promise<{ readonly done: T } | { readonly refusal: Refusal }> {
  try {
    return { done: await work() };
  } catch (error) {
    const refusal = error instanceof Problem ? toRefusal(visit, error, places) : undefined;
    if (refusal === undefined) throw error;
    return { refusal };
  }
}

function toRefusal({ texts }: Visit, { code, details }: Problem, places: Places): Refusal | undefined {
  const place = places[code];
  const name = place?.sentence ?? code;
  if (!Object.hasOwn(texts.problems, name)) return undefined;
  const retryAfter = details.headers?.['retry-after'];
  const sentence = texts.problems[name as keyof Texts['problems']];
  const said = retryAfter === undefined ? sentence : `${sentence} ${texts.wait(Number(retryAfter))}`;
  return {
    status: PROBLEMS[code].status,
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
    ...(place?.field === undefined
      ? { form: said, fields: {} }
      : { fields: { [place.field]: said }, broken: { field: place.field, rule: code } }),
  };
}
