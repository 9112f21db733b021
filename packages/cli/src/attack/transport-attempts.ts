import type { Attempt } from './attempt.ts';
import { type AttackMaterial, takeApart } from './bad-token.ts';

/** Headers that a proxy sets after it has checked somebody; from outside nobody may. */
const IDENTITY_HEADERS = [
  ...['x-user', 'x-user-id', 'x-forwarded-user', 'x-auth-user', 'x-authenticated-user', 'x-remote-user', 'remote-user'],
  ...[
    'x-jwt-payload',
    'x-jwt-claims',
    'x-userinfo',
    'x-token-claims',
    'x-goog-authenticated-user-id',
    'x-ms-client-principal',
  ],
];
const COOKIES = ['access_token', 'accessToken', 'token', 'jwt', 'session', 'authorization', '__Host-access'];
const PARAMETERS = ['access_token', 'token', 'jwt', 'auth', 'bearer_token'];

/** Group X: a good token where none is looked for, and requests that say two things at once. */
export function transportAttempts(material: AttackMaterial): Attempt[] {
  const { good, payload, claims } = takeApart(material);
  const bearer = `Bearer ${good}`;
  const changed = `Bearer ${good.slice(0, -8)}AAAAAAAA`;
  const sub = typeof claims['sub'] === 'string' ? claims['sub'] : 'admin';
  const authorization = (id: string, title: string, ...values: readonly string[]): Attempt => ({
    id,
    title,
    headers: values.flatMap((value) => ['authorization', value]),
  });
  return [
    ...PARAMETERS.map(
      (name): Attempt => ({ id: 'X01', title: `in the query as ${name}`, headers: [], query: `${name}=${good}` }),
    ),
    authorization('X02', 'two Authorization headers, the good one first', bearer, changed),
    authorization('X02', 'two Authorization headers, the good one last', changed, bearer),
    authorization('X02', 'the same Authorization header twice', bearer, bearer),
    authorization('X02', 'two tokens in one header', `${bearer}, ${changed}`),
    authorization('X02', 'two credentials in one header', `${changed}, ${bearer}`),
    ...['Basic', 'Token', 'JWT', 'DPoP', 'Bearer:', 'BearerX', 'Digest'].map((scheme) =>
      authorization('X03', `scheme ${scheme}`, `${scheme} ${good}`),
    ),
    authorization('X03', 'no scheme', good),
    ...['', 'Bearer', 'Bearer null', 'Bearer undefined', 'Bearer true', 'Bearer [object Object]', 'null'].map((value) =>
      authorization('X03', `Authorization: ${value}`, value),
    ),
    authorization('X03', 'parameters behind the token', `${bearer}, realm="x"`),
    authorization('X03', 'a thousand spaces', `Bearer ${' '.repeat(1_000)}x`),
    ...IDENTITY_HEADERS.flatMap((name): Attempt[] => [
      { id: 'X05', title: `${name}: the subject, no token`, headers: [name, sub] },
      { id: 'X05', title: `${name}: the payload, no token`, headers: [name, payload] },
    ]),
    ...COOKIES.map(
      (name): Attempt => ({ id: 'X06', title: `in a cookie ${name}`, headers: ['cookie', `${name}=${good}`] }),
    ),
    ...['x-authorization', 'x-access-token', 'x-auth-token', 'token', 'proxy-authorization'].map(
      (name): Attempt => ({ id: 'X06', title: `in the header ${name}`, headers: [name, bearer] }),
    ),
  ];
}
