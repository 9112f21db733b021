/**
 * The one script, for niceties: everything works without it. It reads no cookie, keeps nothing and sends nothing; it makes no HTML
 * from text.
 */
export const SCRIPT = `'use strict';
// a page that comes back out of the browser's memory may be of somebody who has signed out
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });

for (const input of document.querySelectorAll('input[data-show]')) {
  const button = document.createElement('button');
  button.type = 'button';
  const say = () => {
    const hidden = input.type === 'password';
    button.textContent = hidden ? input.dataset.show : input.dataset.hide;
    button.setAttribute('aria-pressed', String(!hidden));
  };
  button.setAttribute('aria-controls', input.id);
  button.addEventListener('click', () => { input.type = input.type === 'password' ? 'text' : 'password'; say(); });
  say();
  input.after(button);
  input.parentElement.classList.add('with-button');
  // never sent as text: a browser would offer it again
  input.form.addEventListener('submit', () => { input.type = 'password'; });
}

for (const input of document.querySelectorAll('input[minlength][aria-describedby]')) {
  const long = document.getElementById(input.id + '-length');
  const known = document.getElementById(input.id + '-known');
  if (long === null || known === null) continue;
  input.addEventListener('input', () => {
    const met = Array.from(input.value.normalize('NFC')).length >= input.minLength;
    const said = long.querySelector('[data-text]');
    long.toggleAttribute('data-met', met);
    said.textContent = met ? said.dataset.text : '';
    // what was refused is not what stands there now
    for (const rule of [long, known]) rule.removeAttribute('data-broken');
  });
}

for (const button of document.querySelectorAll('button[data-wait]')) {
  const text = button.textContent;
  const until = Date.now() + Number(button.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.waiting.replace('0', String(left)) : text;
    if (left > 0) setTimeout(tick, 1000);
  };
  tick();
}

const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
for (const time of document.querySelectorAll('time[datetime]')) {
  time.title = time.textContent;
  time.textContent = when.format(new Date(time.dateTime));
}

// a form that is on its way isn't sent twice
for (const form of document.forms) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent !== undefined) event.preventDefault();
    form.dataset.sent = '';
    setTimeout(() => delete form.dataset.sent, 8000);
  });
}
`;
