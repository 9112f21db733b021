/**
 * The one stylesheet. What a theme changes are the custom properties at the top; everything else is made of them. Both themes hold
 * WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for the edges of fields and for focus.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --accent: #7a4b12; --on-accent: #fff; --radius: 12px;
  --font: system-ui, -apple-system, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif;
  --ground: #f6f5f1; --card: #fff; --ink: #22201c; --faint: #625d53; --line: #e2ded3; --edge: #8b8474;
  --good: #1f6b3f; --good-ground: #e8f3ec; --bad: #a8201a; --bad-ground: #fcebea;
  --shadow: 0 1px 2px rgb(60 50 30 / 6%), 0 12px 32px -12px rgb(60 50 30 / 18%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --accent: #e0b074; --on-accent: #221604;
    --ground: #171512; --card: #211e1a; --ink: #f0ece3; --faint: #b0a899; --line: #38332b; --edge: #857c6c;
    --good: #7bd39d; --good-ground: #1b2c22; --bad: #ff9a91; --bad-ground: #38201e;
    --shadow: 0 1px 2px rgb(0 0 0 / 30%), 0 12px 32px -12px rgb(0 0 0 / 60%);
  }
}
* { box-sizing: border-box }
html { font: 16px/1.55 var(--font); -webkit-text-size-adjust: 100% }
:lang(ko) { word-break: keep-all; overflow-wrap: anywhere }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; background: var(--ground); color: var(--ink) }
a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: 1px }
a:hover { text-decoration-thickness: 2px }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.015em; text-wrap: balance }
h2 { margin: 0; font-size: 1.0625rem; line-height: 1.35 }
p { margin: 0 }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
[tabindex="-1"]:focus-visible { outline: none }
.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--card); z-index: 1 }
.skip:focus { left: .5rem; top: .5rem }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
[hidden] { display: none !important }

.brand { display: inline-flex; align-items: center; gap: .625rem; max-width: 100%; color: var(--ink); font-weight: 650; font-size: 1.0625rem; letter-spacing: -.01em; text-decoration: none; overflow-wrap: anywhere }
.brand svg, .brand img { flex: none; height: 2rem; width: auto; max-width: 9rem; color: var(--accent) }
.faint { color: var(--faint) }
.small { font-size: .875rem }
.lead { color: var(--faint); overflow-wrap: anywhere }

/* one card in the middle: signing in and all around it */
.sheet { flex: 1; width: 100%; max-width: 27rem; margin: 0 auto; padding: clamp(1.5rem, 8vh, 5rem) 1rem 2rem; display: flex; flex-direction: column; gap: 1.5rem }
.sheet > .brand { align-self: center }
.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: clamp(1.25rem, 5vw, 2rem) }
.sheet > .card { box-shadow: var(--shadow) }
.stack { display: flex; flex-direction: column; gap: 1.25rem }
h2 + .under { margin-top: -.875rem }
.tight { display: flex; flex-direction: column; gap: .375rem }
.below { text-align: center; color: var(--faint) }
footer { padding: 1rem; display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: center; align-items: center; color: var(--faint); font-size: .875rem }
footer form { display: flex; gap: .25rem }
footer button { min-height: 2rem; padding: .25rem .625rem; border: 0; border-radius: 99px; background: none; color: inherit; font: inherit; cursor: pointer }
footer button:hover { color: var(--ink); text-decoration: underline }
footer button[aria-current] { color: var(--ink); font-weight: 600; background: color-mix(in srgb, var(--ink) 8%, transparent) }

/* fields */
form { margin: 0 }
label, .label { display: block; font-weight: 600; font-size: .9375rem }
.labels { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; align-items: baseline }
input, select { width: 100%; min-height: 2.875rem; padding: .5rem .875rem; border: 1px solid var(--edge); border-radius: calc(var(--radius) * .67); background: var(--card); color: inherit; font: inherit }
input:hover, select:hover { border-color: var(--ink) }
input:focus-visible, select:focus-visible { outline-offset: 0; outline-width: 2px; border-color: var(--accent) }
input[aria-invalid] { border-color: var(--bad); border-width: 2px; padding: calc(.5rem - 1px) calc(.875rem - 1px) }
input[type=checkbox] { width: 1.25rem; min-height: 1.25rem; height: 1.25rem; margin: .125rem 0 0; flex: none; accent-color: var(--accent) }
.check { display: flex; gap: .625rem; align-items: flex-start; font-weight: 400 }
.hint { color: var(--faint); font-size: .875rem }
.field-error { color: var(--bad); font-size: .875rem; font-weight: 600 }
.with-button { position: relative }
.with-button input { padding-right: 5rem }
.with-button button { position: absolute; right: .375rem; top: 50%; transform: translateY(-50%); min-height: 2rem; padding: .25rem .625rem; border: 0; border-radius: 6px; background: none; color: var(--faint); font: inherit; font-size: .875rem; cursor: pointer }
.with-button button:hover { color: var(--ink) }
.rules { margin: 0; padding: 0; list-style: none; color: var(--faint); font-size: .875rem }
.rules li { display: flex; gap: .5rem }
.rules li::before { content: "\\2022"; width: 1em; flex: none; text-align: center }
.rules li[data-met] { color: var(--good) }
.rules li[data-met]::before { content: "\\2713"; font-weight: 700 }
.rules li[data-broken] { color: var(--bad) }
.rules li[data-broken]::before { content: "\\2717"; font-weight: 700 }

/* buttons */
.button { position: relative; display: inline-flex; align-items: center; justify-content: center; gap: .625rem; min-height: 2.875rem; padding: .5rem 1.125rem; border: 1px solid transparent; border-radius: calc(var(--radius) * .67); background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; line-height: 1.3; text-align: center; text-decoration: none; cursor: pointer }
.button:hover { background: color-mix(in srgb, var(--accent) 88%, var(--ink)) }
.button:disabled { opacity: .55; cursor: default }
.button.quiet { background: var(--card); color: var(--ink); border-color: var(--edge) }
.button.quiet:hover { background: color-mix(in srgb, var(--ink) 6%, var(--card)) }
.button.danger { background: var(--card); color: var(--bad); border-color: currentcolor }
.button.danger:hover { background: var(--bad-ground) }
.button.small { min-height: 2.25rem; padding: .25rem .875rem; font-size: .875rem }
.wide > .button, .button.wide { width: 100% }
.row { display: flex; flex-wrap: wrap; gap: .625rem; align-items: center }
.or { display: flex; align-items: center; gap: .75rem; color: var(--faint); font-size: .875rem }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line) }
.ways { display: flex; flex-direction: column; gap: .75rem }
.ways .button { justify-content: flex-start; gap: .75rem; padding-inline: .875rem; font-size: .9375rem; text-align: start; word-break: keep-all; overflow-wrap: anywhere }
.mark { flex: none; width: 1.25rem; height: 1.25rem; border-radius: 5px; object-fit: contain; color: var(--ink) }
.mark path { fill: none; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round }
.mark .ink { stroke: var(--card) }
.mark.letter { display: inline-grid; place-items: center; background: color-mix(in srgb, var(--ink) 12%, transparent); font-size: .75rem; font-weight: 700; line-height: 1 }
.last { position: absolute; right: .75rem; top: -.625rem; padding: 0 .5rem; border: 1px solid var(--edge); border-radius: 99px; background: var(--card); color: var(--ink); font-size: .75rem; font-weight: 600; line-height: 1.25rem }
.ways .last { position: static; flex: none; margin-inline-start: auto }
.way { display: flex; gap: .75rem; align-items: flex-start }
.way > .mark { margin-top: .125rem }
.way > .tight { min-width: 0; gap: 0; overflow-wrap: anywhere }
.boxed { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: calc(var(--radius) * .67) }

/* what is said */
.notice { padding: .75rem 1rem; border-radius: calc(var(--radius) * .67); border-left: 4px solid var(--good); background: var(--good-ground); overflow-wrap: anywhere }
.notice.bad { border-color: var(--bad); background: var(--bad-ground) }
.notice.warn { border-color: var(--accent); background: color-mix(in srgb, var(--accent) 10%, var(--card)) }
.notice .row { margin-top: .625rem }

/* the account */
.top { border-bottom: 1px solid var(--line); background: var(--card) }
.top > div { max-width: 62rem; margin: 0 auto; padding: .75rem 1rem; display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between }
.top .brand { flex: 1; min-width: 0 }
.who { display: contents }
.who span { order: 1; flex-basis: 100%; overflow-wrap: anywhere; min-width: 0; font-size: .875rem }
.inside { flex: 1; width: 100%; max-width: 62rem; margin: 0 auto; padding: 1.25rem 1rem 2.5rem; display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); align-content: start }
.inside nav ul { margin: 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .25rem }
.inside nav a { display: block; padding: .375rem .625rem; border-radius: 8px; font-size: .9375rem; color: var(--ink); text-decoration: none }
.inside nav a:hover { background: color-mix(in srgb, var(--ink) 6%, transparent) }
.inside nav a[aria-current] { background: color-mix(in srgb, var(--accent) 14%, transparent); font-weight: 600 }
.fields { max-width: 26rem }
dl { margin: 0; display: grid; gap: .25rem 1rem; grid-template-columns: minmax(0, 1fr) }
dt { color: var(--faint); font-size: .875rem }
dd + dt { margin-top: .5rem }
dd { margin: 0; overflow-wrap: anywhere }
.badge { display: inline-block; padding: 0 .5rem; border-radius: 99px; background: color-mix(in srgb, var(--ink) 8%, transparent); font-size: .8125rem; font-weight: 600 }
.badge.good { background: var(--good-ground); color: var(--good) }
.badge.bad { background: var(--bad-ground); color: var(--bad) }
.list { margin: 0; padding: 0; list-style: none }
.list > li { display: flex; flex-wrap: wrap; gap: .5rem 1rem; justify-content: space-between; align-items: center; padding: .875rem 0; border-top: 1px solid var(--line) }
.list > li:first-child { border-top: 0; padding-top: 0 }
.list > li:last-child { padding-bottom: 0 }
.list > li > div { min-width: 0; flex: 1 1 9rem; overflow-wrap: anywhere }
.danger-zone { border-color: color-mix(in srgb, var(--bad) 40%, var(--line)) }
.empty { padding: 2.5rem 1rem; text-align: center }
@media (min-width: 48rem) {
  dl { grid-template-columns: max-content minmax(0, 1fr) }
  dt { font-size: inherit }
  dd + dt { margin-top: 0 }
  .top .brand { flex: 0 0 auto; max-width: 45% }
  .who { display: flex; flex: 1; gap: .875rem; align-items: center; justify-content: flex-end; min-width: 0 }
  .who span { order: 0; flex-basis: auto; font-size: 1rem }
  .inside nav a { padding: .4375rem .75rem; font-size: 1rem }
  .inside { grid-template-columns: 12rem minmax(0, 1fr); gap: 2rem; padding-top: 2rem }
  .inside nav ul { flex-direction: column; position: sticky; top: 1.5rem }
}

/* the development mailbox */
.mail pre { margin: 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }
.mail .button { align-self: flex-start }
.between { justify-content: space-between }
.single { grid-template-columns: minmax(0, 1fr) !important }

@media (prefers-reduced-motion: no-preference) { .button, input, .inside nav a { transition: background-color .12s, border-color .12s } }
@media (forced-colors: active) { .button { border-color: ButtonText } .inside nav a[aria-current] { outline: 1px solid } }
@media print { .top, footer, nav, .button { display: none !important } }
`;
