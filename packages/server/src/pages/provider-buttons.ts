import { type Html, html } from './html.ts';
import type { Method } from './last-method.ts';
import { providerMark, providerName } from './provider-marks.ts';
import { returnQuery } from './return-to.ts';
import type { Visit } from './visit.ts';

export interface ButtonsInput {
  readonly returnTo: string | undefined;
  /** The one that was used last in this browser is marked. */
  readonly last?: Method | undefined;
}

/** A way in through each provider. Links, and no forms: the way leads to another origin. Nothing where there is none. */
export function providerButtons(visit: Visit, { returnTo, last }: ButtonsInput): Html | false {
  const { texts, context } = visit;
  const { socialProviders } = context;
  if (socialProviders.length === 0) return false;
  return html`<div class="or">${texts.or}</div>
<div class="ways">
${socialProviders.map(({ id }) => {
  const isLast = last?.by === 'provider' && last.id === id;
  return html`<a class="button quiet" href="${visit.at(`/social/${id}/start`)}${returnQuery(returnTo)}">${providerMark(visit, id)}<span>${texts.signIn.with(providerName(visit, id))}</span>${isLast && lastUsed(visit)}</a>`;
})}
</div>`;
}

/** Stands on the button of the way in that was used last. */
export function lastUsed({ texts }: Visit): Html {
  return html` <span class="last">${texts.signIn.lastUsed}</span>`;
}
