import { type Html, html } from './html.ts';
import type { Refusal } from './refusal.ts';
import type { Texts } from './texts/en.ts';
import type { Visit } from './visit.ts';

export interface FieldInput {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'email';
  readonly value?: string | undefined;
  readonly autocomplete: string;
  readonly hint?: string;
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly refusal: Refusal | undefined;
}

/** One field with its label, hint and error; the first with an error has the focus. */
export function field(input: FieldInput): Html {
  const { name, label, type = 'text', value, autocomplete, hint, required = false, maxLength, refusal } = input;
  const error = refusal?.fields[name];
  return html`<div class="tight">
<label for="f-${name}">${label}</label>
<input id="f-${name}" name="${name}" type="${type}" value="${value ?? ''}" autocomplete="${autocomplete}"${required && html` required`}${maxLength !== undefined && html` maxlength="${maxLength}"`}${attributes(name, hint !== undefined, refusal)}>
${hint !== undefined && html`<p class="hint" id="f-${name}-hint">${hint}</p>`}
${fieldError(name, error)}
</div>`;
}

export interface PasswordInput {
  readonly name: string;
  readonly label: string;
  /** It is being chosen: the rules are shown. */
  readonly isNew?: boolean;
  readonly refusal: Refusal | undefined;
  readonly hint?: string;
  /** Beside the label. */
  readonly aside?: Html;
  /** Tells fields of several forms on a page apart. */
  readonly idPrefix?: string;
}

/** A field for a password. What was typed is never sent back. */
export function passwordField({ texts }: Visit, input: PasswordInput): Html {
  const { name, label, isNew = false, hint, refusal, aside, idPrefix = '' } = input;
  const id = `${idPrefix}${name}`;
  const error = refusal?.fields[name];
  return html`<div class="tight">
<div class="labels"><label for="f-${id}">${label}</label>${aside}</div>
<div><input id="f-${id}" name="${name}" type="password" autocomplete="${isNew ? 'new-password' : 'current-password'}" required${isNew && html` minlength="8"`} maxlength="1024" autocapitalize="none" spellcheck="false" data-show="${texts.showPassword}" data-hide="${texts.hidePassword}"${attributes(id, isNew || hint !== undefined, refusal, name)}></div>
${hint !== undefined && html`<p class="hint" id="f-${id}-hint">${hint}</p>`}
${fieldError(id, error)}
${isNew && passwordRules(texts, id, error === undefined ? undefined : ruleOf(refusal, name))}
</div>`;
}

type Rule = 'length' | 'known';

/** Which rule a refused password broke: one that was judged is long enough. */
function ruleOf(refusal: Refusal | undefined, name: string): Rule {
  return refusal?.broken?.field === name ? 'known' : 'length';
}

/** The rules as text, to which the script adds what is met while somebody types. */
function passwordRules(texts: Texts, id: string, broken: Rule | undefined): Html {
  const rule = (name: Rule, text: string): Html =>
    html`<li id="f-${id}-${name}"${broken === name && html` data-broken`}>${text}<span class="hidden" aria-live="polite" data-text="${texts.ruleMet}"></span></li>`;
  return html`<ul class="rules" id="f-${id}-hint" aria-label="${texts.passwordRules}">${rule('length', texts.ruleLength)}${rule('known', texts.ruleKnown)}</ul>`;
}

/** Whose password it is, for password managers; nobody sees it, and it isn't looked at. */
export function accountName(email: string): Html {
  return html`<input type="text" name="username" value="${email}" autocomplete="username" readonly hidden>`;
}

function attributes(id: string, hasHint: boolean, refusal: Refusal | undefined, name: string = id): Html {
  const isWrong = refusal?.fields[name] !== undefined;
  const described = [...(isWrong ? [`f-${id}-error`] : []), ...(hasHint ? [`f-${id}-hint`] : [])].join(' ');
  const isFirst = isWrong && Object.keys(refusal?.fields ?? {})[0] === name;
  return html`${isWrong && html` aria-invalid="true"`}${described !== '' && html` aria-describedby="${described}"`}${isFirst && html` autofocus`}`;
}

export function fieldError(id: string, error: string | undefined): Html | false {
  return error !== undefined && html`<p class="field-error" id="f-${id}-error">${error}</p>`;
}

export interface FormInput {
  /** A path of ours. */
  readonly action: string;
  readonly body: Html;
  readonly refusal?: Refusal | undefined;
  readonly label?: string;
}

/** A form with what every form of ours has; what is wrong with all of it stands above and has the focus. */
export function form(visit: Visit, { action, body, refusal, label }: FormInput): Html {
  return html`<form method="post" action="${visit.at(action)}" class="stack"${label !== undefined && html` aria-label="${label}"`}>
<input type="hidden" name="form" value="${visit.formToken()}">
${refusal?.form !== undefined && html`<p class="notice ${refusal.isOffer === true ? 'warn' : 'bad'}" role="alert" tabindex="-1" autofocus>${refusal.form}</p>`}
${body}
</form>`;
}
