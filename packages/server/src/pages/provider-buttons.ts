import type { ServerContext } from '../context.ts';
import { type Html, html } from './html.ts';
import { returnQuery } from './return-to.ts';
import type { Visit } from './visit.ts';

export type SocialProvider = ServerContext['socialProviders'][number];

/** A way in through each provider. Links, and no forms: the way leads to another origin. Nothing where there is none. */
export function providerButtons(
  visit: Visit,
  providers: readonly SocialProvider[],
  returnTo: string | undefined,
): Html | false {
  const { texts } = visit;
  if (providers.length === 0) return false;
  return html`<div class="or">${texts.or}</div>
<div class="tight wide">
${providers.map(
  ({ id, name }) =>
    html`<a class="button quiet" href="${visit.at(`/social/${id}/start`)}${returnQuery(returnTo)}"><span class="mark" aria-hidden="true">${name.slice(0, 1)}</span>${texts.signIn.with(name)}</a>`,
)}
</div>`;
}
