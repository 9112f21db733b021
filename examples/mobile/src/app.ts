import { setTimeout as pause } from 'node:timers/promises';
import { type Client, ClientError, createClient } from '@mapae/client';
import { type Keychain, openKeychain } from './keychain.ts';
import type { AppOptions } from './options.ts';

export interface Surroundings {
  say(text: string): void;
  /** Asked only where one is needed. */
  password(): Promise<string>;
}

interface Note {
  readonly text: string;
  readonly createdAt: string;
}

const FOREGROUND_MS = 300;

/**
 * One start of the app: opens the keychain, does one thing, and ends as if it had been swiped away.
 *
 * @throws {ClientError} with the server's code, or `client/network`, `client/signed-out`, …
 */
export async function runApp(options: AppOptions, around: Surroundings): Promise<void> {
  const keychain = await openKeychain(options.keychain);
  const client = openClient(options, keychain);
  try {
    await COMMANDS[options.command]?.({ client, options, around });
  } finally {
    client.close();
    await keychain.close();
  }
}

/** No cookie anywhere: the refresh token is in the keychain, access tokens are in memory. */
function openClient({ server, api, device }: AppOptions, storage: Keychain): Client {
  return createClient({
    server,
    delivery: 'bearer',
    storage,
    device,
    resources: [{ identifier: api, origin: new URL(api).origin }],
  });
}

interface Start {
  readonly client: Client;
  readonly options: AppOptions;
  readonly around: Surroundings;
}

const COMMANDS: Readonly<Record<string, (start: Start) => Promise<void>>> = {
  async 'sign-up'({ client, options: { argument: email }, around }) {
    await client.signUp({ email, password: await around.password() });
    around.say('look into your mail, then sign in');
  },

  async 'sign-in'({ client, options: { argument: email, api }, around }) {
    // the first access token is for the notes: that is what comes next
    await client.signIn({ email, password: await around.password() }, api);
    around.say(`signed in as ${email}`);
  },

  async notes({ client, options: { api }, around }) {
    const response = await checked(await client.fetch(`${api}/notes`));
    const { notes } = (await response.json()) as { readonly notes: readonly Note[] };
    for (const { text, createdAt } of notes) around.say(`${createdAt}  ${text}`);
    if (notes.length === 0) around.say('no notes');
  },

  async write({ client, options: { api, argument: text }, around }) {
    const headers = { 'content-type': 'application/json' };
    await checked(await client.fetch(`${api}/notes`, { method: 'POST', headers, body: JSON.stringify({ text }) }));
    around.say('written');
  },

  async devices({ client, around }) {
    for (const { id, device, last_used_at: used, current } of await client.sessions())
      around.say(`${id}  ${device ?? 'unknown device'}, last used ${used}${current ? ', this one' : ''}`);
  },

  async end({ client, options: { argument: id }, around }) {
    await client.endSession(id);
    around.say('signed out there');
  },

  async watch({ client, options: { api }, around }) {
    await checked(await client.fetch(`${api}/whoami`));
    around.say('signed in');
    // an app that is looked at asks its API all the time; the one refusal leads to one refresh, which tells the rest
    for (;;) {
      await pause(FOREGROUND_MS);
      await checked(await client.fetch(`${api}/whoami`));
    }
  },

  async 'sign-out'({ client, around }) {
    await client.signOut();
    around.say('signed out');
  },
};

/** The API's own refusals, in the same form as everybody else's. */
async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new ClientError('notes/refused', response.status, {
    message: `the notes API answered with ${response.status}`,
  });
}
