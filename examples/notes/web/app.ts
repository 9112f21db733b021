import { type AccountSession, type Client, ClientError, createClient } from '@mapae/client';
import { byId, create } from './elements.ts';
import { createLiveCalls } from './live-calls.ts';
import { preciseNow, tellSignOut } from './sign-out-moment.ts';
import { LANGUAGE, PROBLEMS, TEXTS } from './texts.ts';

interface Config {
  readonly server: string;
  readonly api: string;
}

const isPhone = new URLSearchParams(location.search).get('device') === 'phone';
const config = (await (await fetch('/config.json')).json()) as Config;
const client: Client = createClient({
  server: config.server,
  delivery: isPhone ? 'bearer' : 'cookie',
  device: isPhone ? 'Phone' : 'Laptop',
  resources: [{ identifier: config.api, origin: config.api }],
});
const calls = createLiveCalls({
  async call() {
    // a token from memory, sent by hand: a refusal is shown as it is, and not hidden by a refresh
    const token = await client.accessToken(config.api).catch(() => undefined);
    if (token === undefined) return { ok: false };
    const response = await fetch(`${config.api}/whoami`, { headers: { authorization: `Bearer ${token}` } });
    if (response.status === 401) return { ok: false };
    if (!response.ok) throw new Error('the API is busy');
    const { sid, roles } = (await response.json()) as { readonly sid: string; readonly roles: readonly string[] };
    showRoles(roles);
    return { ok: true, session: sid };
  },
  async renew() {
    // the client's own fetch: refused, it refreshes once and tries again
    const response = await client.fetch(`${config.api}/whoami`).catch(() => undefined);
    if (response?.ok !== true) return false;
    await showToken();
    return true;
  },
});
let shownToken = '';
let shownRoles: string | undefined;

document.documentElement.lang = LANGUAGE;
for (const element of document.querySelectorAll<HTMLElement>('[data-text]')) {
  const text = TEXTS[element.dataset['text'] as keyof typeof TEXTS];
  if (typeof text === 'string') element.textContent = text;
}
for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-page]')) {
  link.href = `${config.server}${link.dataset['page']}?${new URLSearchParams({ return_to: location.href }).toString()}`;
}
// the pages sign in by cookie, and the phone's page holds tokens in memory
byId('hosted').hidden = isPhone;
byId('device').textContent = isPhone ? TEXTS.phone : TEXTS.laptop;

function say(text: string): void {
  byId('message').textContent = text;
  byId('message').hidden = text === '';
}

/** Says what went wrong; a refusal by the server in its own words. */
async function attempt(work: () => Promise<void>): Promise<void> {
  say('');
  try {
    await work();
  } catch (error) {
    say(wordsOf(error));
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof ClientError)) return error instanceof Error ? error.message : String(error);
  if (Object.hasOwn(PROBLEMS, error.code)) return PROBLEMS[error.code] ?? error.message;
  const first = error.errors?.[0];
  return first === undefined ? error.message : `${first.path} ${first.message}`;
}

function field(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === 'string' ? value : '';
}

function show(signedIn: boolean): void {
  byId('sign-in').hidden = signedIn;
  byId('inside').hidden = !signedIn;
}

async function enter(): Promise<void> {
  shownRoles = undefined;
  show(true);
  calls.start();
  await Promise.all([showNotes(), showDevices(), showToken()]);
}

async function showNotes(): Promise<void> {
  const response = await client.fetch(`${config.api}/notes`);
  if (!response.ok) return;
  const { notes } = (await response.json()) as { readonly notes: readonly { readonly text: string }[] };
  byId('notes').replaceChildren(...notes.map(({ text }) => create('li', text)));
  byId('no-notes').hidden = notes.length > 0;
}

async function showDevices(): Promise<void> {
  byId('devices').replaceChildren(...(await client.sessions()).map(deviceRow));
}

function deviceRow(session: AccountSession): HTMLElement {
  const row = create('li');
  row.append(create('span', session.device ?? session.user_agent ?? '?'));
  if (session.current) row.append(create('span', TEXTS.thisDevice, 'badge'));
  else {
    const button = create('button', TEXTS.end, 'quiet');
    button.addEventListener('click', () => void attempt(() => endSession(session.id)));
    row.append(button);
  }
  return row;
}

async function endSession(id: string): Promise<void> {
  await client.endSession(id);
  tellSignOut({ session: id, at: preciseNow() });
  await showDevices();
}

/** What the API read from the token, and whether it changed since the last call. */
function showRoles(roles: readonly string[]): void {
  const text = roles.join(', ');
  if (text === shownRoles) return;
  if (shownRoles !== undefined) say(TEXTS.renewed);
  shownRoles = text;
  byId('roles').textContent = `${TEXTS.roles}: ${text === '' ? TEXTS.noRole : text}`;
  byId('delete-notes').hidden = !roles.includes('editor');
}

/** Header and claims are for everyone to read; the signature is shown by its length only. */
async function showToken(): Promise<void> {
  const token = await client.accessToken(config.api);
  if (token === shownToken) return;
  shownToken = token;
  const [header = '', claims = '', signature = ''] = token.split('.');
  byId('token').textContent = [header, claims].map((part) => JSON.stringify(readPart(part), undefined, 2)).join('\n');
  byId('token-text').textContent = TEXTS.tokenSize(token.length, signature.length);
}

function readPart(text: string): unknown {
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
    character.charCodeAt(0),
  );
  return JSON.parse(new TextDecoder().decode(bytes));
}

byId<HTMLFormElement>('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const data = new FormData(form);
  const account = { email: field(data, 'email'), password: field(data, 'password') };
  const wantsAccount = (event.submitter as HTMLButtonElement | null)?.value === 'sign-up';
  void attempt(async () => {
    if (wantsAccount) {
      await client.signUp(account);
      say(TEXTS.signedUp);
    }
    await client.signIn(account, config.api);
    form.reset();
    say('');
    await enter();
  });
});

byId<HTMLFormElement>('note').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const text = field(new FormData(form), 'text');
  void attempt(async () => {
    const response = await client.fetch(`${config.api}/notes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
    });
    if (!response.ok) throw new Error(`${response.status}`);
    form.reset();
    await showNotes();
  });
});

byId('delete-notes').addEventListener(
  'click',
  () =>
    void attempt(async () => {
      const response = await client.fetch(`${config.api}/notes`, { method: 'DELETE' });
      if (!response.ok) throw new Error(`${response.status}`);
      await showNotes();
    }),
);
byId('sign-out').addEventListener('click', () => void attempt(() => client.signOut()));
byId('sign-out-everywhere').addEventListener('click', () => void attempt(() => client.signOutEverywhere()));

client.subscribe((state) => {
  if (state !== 'signed-out' || byId('inside').hidden) return;
  // what was refused stays to be seen; only a sign-out by one's own hand goes back to the form
  if (byId('call-text').classList.contains('refused')) return;
  calls.stop();
  show(false);
});

// the device list of another window changes without a word to this one
setInterval(() => {
  if (client.state === 'signed-in' && !document.hidden) void showDevices().catch(() => {});
}, 2_000);

if ((await client.resume().catch(() => 'signed-out')) === 'signed-in') await attempt(enter);
else show(false);
