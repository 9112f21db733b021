/** Speaks the first-party API of an authorization server under measurement. */
export interface Account {
  /** Signs in once more: a session of its own. */
  signIn(): Promise<Tokens>;
  /** A token for the account API. */
  signInForAccount(): Promise<Tokens>;
  refresh(refreshToken: string): Promise<Tokens>;
  signOut(refreshToken: string): Promise<void>;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export const PERSON = { email: 'kim@example.test', password: 'quill lantern 7f3c91d2 barley' };

/** Makes an account and speaks for it. */
export async function signUp(issuer: string, api: string, email: string = PERSON.email): Promise<Account> {
  const person = { ...PERSON, email };
  const post = async (path: string, body: unknown): Promise<Response> => {
    const response = await fetch(`${issuer}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const tokens = async (response: Response): Promise<Tokens> => {
    const answer = (await response.json()) as { readonly access_token?: string; readonly refresh_token?: string };
    if (answer.access_token === undefined || answer.refresh_token === undefined) throw new Error('no tokens came');
    return { accessToken: answer.access_token, refreshToken: answer.refresh_token };
  };
  await post('/v1/sign-up', person).then((response) => response.arrayBuffer());
  return {
    signInForAccount: async () => tokens(await post('/v1/sign-in', { ...person, delivery: 'bearer' })),
    signIn: async () => tokens(await post('/v1/sign-in', { ...person, resource: api, delivery: 'bearer' })),
    refresh: async (refreshToken) => tokens(await post('/v1/refresh', { refresh_token: refreshToken, resource: api })),
    async signOut(refreshToken) {
      await post('/v1/sign-out', { refresh_token: refreshToken }).then((response) => response.arrayBuffer());
    },
  };
}

/** Many access tokens of one session: within the retry window a refresh hands out the same refresh token with a new access token. */
export async function manyAccessTokens(account: Account, count: number): Promise<string[]> {
  const found: string[] = [];
  let { refreshToken } = await account.signIn();
  while (found.length < count) {
    const batch = await Promise.all(
      Array.from({ length: Math.min(16, count - found.length) }, () => account.refresh(refreshToken)),
    );
    refreshToken = batch[0]?.refreshToken ?? refreshToken;
    found.push(...batch.map(({ accessToken }) => accessToken));
  }
  if (new Set(found).size !== count) throw new Error('two of the access tokens are the same');
  return found;
}
