/**
 * The attack catalogue: every class of attack, and where it is tested; rows.test.ts holds the places to the files. Where nothing is
 * tested yet, the row says why. To add a test: name the row's id in its title and its file here.
 */
export interface AttackRow {
  readonly id: string;
  readonly attack: string;
  /** Test files and a part of a title (or of a row in a table of tests) that stands in each. */
  readonly tests: readonly (readonly [file: string, title: string])[];
  /** Why it is not tested, or not all of it. */
  readonly open?: string;
}

/** What `mapae attack` sends, too. packages/jwt/test/bad-tokens.test.ts and packages/verifier/test/adapters.test.ts run all of it. */
const TOKENS = {
  T: 'packages/cli/src/attack/signature-tokens.ts',
  K: 'packages/cli/src/attack/key-tokens.ts',
  J: 'packages/cli/src/attack/encoding-tokens.ts',
  C: 'packages/cli/src/attack/place-tokens.ts',
} as const;
const PARITY = 'packages/jwt/test/parity/jose.test.ts';
const PROPERTIES = 'packages/jwt/test/properties/tokens.test.ts';
const FORGERIES = 'packages/jwt/test/vectors/forgeries.test.ts';
const DECRYPT = 'packages/jwt/test/jwe/decrypt.test.ts';
const NESTED = 'packages/jwt/test/jwe/nested.test.ts';
const VERIFY = 'packages/jwt/test/verify.test.ts';
const ADAPTERS = 'packages/verifier/test/adapters.test.ts';
const REQUESTS = 'packages/verifier/test/request.test.ts';
const ENDPOINTS = 'packages/server/test/endpoints';
/** The account API's own verifier. */
const SERVER_TOKENS = 'T, K, J, C: every token of the catalogue';
const STORES = 'packages/server/src/testing/store-contract';
const INVARIANTS = 'tests/support/breakages.ts';
const CLIENT = 'packages/client/test';
const STORY = 'tests/e2e/story.test.ts';
const BROWSER = 'tests/pages/browser.test.ts';
const FORMS = 'tests/pages/forms.test.ts';
const PAGE_RULES = 'tests/pages/rules.test.ts';

const OAUTH = 'there is no authorization endpoint for other applications yet';
const FACTORS = 'there are no second factors yet';

type Places = readonly (readonly [file: string, title: string])[];

function row(id: string, attack: string, ...tests: Places): AttackRow {
  return { id, attack, tests };
}

/** A row that the table of bad tokens has, for the library and through every adapter. */
function token(id: string, attack: string, ...more: Places): AttackRow {
  return { id, attack, tests: [[TOKENS[id.charAt(0) as keyof typeof TOKENS], `'${id}'`], ...more] };
}

function open(id: string, attack: string, reason: string, ...tests: Places): AttackRow {
  return { id, attack, open: reason, tests };
}

export const ATTACKS: readonly AttackRow[] = [
  // signature and algorithm
  token('T01', 'alg none, in every spelling'),
  token('T02', 'look-alikes of none'),
  token('T03', 'alg left out'),
  token('T04', 'none with the true signature kept'),
  token('T05', 'signature stripped'),
  token('T06', 'payload swapped'),
  token('T07', 'a wrong number of segments'),
  token('T08', 'signatures of another length'),
  token('T09', 'flipped bits', [PROPERTIES, 'any other character anywhere in a token is refused']),
  token('T10', 'an HMAC with the public key as PEM'),
  token('T11', 'an HMAC with the public key as DER'),
  token('T12', 'an HMAC with the text of the JWK'),
  token('T13', 'guessed and empty HMAC secrets'),
  token('T14', 'the header chooses the algorithm (CVE-2026-22817)'),
  token('T15', 'psychic signatures (CVE-2022-21449)'),
  token('T16', 'ECDSA as DER'),
  token('T17', 'r or s out of range'),
  row('T18', 'RSA signatures 0, 1, n − 1, n, s + n', [FORGERIES, 'T18: RS256']),
  row('T19', 'PKCS #1 padding forgeries', [FORGERIES, 'T19: RS256']),
  row('T20', 'PSS with another salt, hash, trailer', [FORGERIES, 'T20: %s']),
  token('T21', 'another algorithm of the same family'),
  token('T22', 'alg as array, object, padded, lower case, huge'),
  token('T23', 'an algorithm of encryption'),
  row('T24', 'a key on another curve', ['packages/jwt/test/keys.test.ts', 'K15, T24']),
  token('T25', 'malleable signatures are accepted, so nothing goes by the bytes of a token'),
  open('T26', 'timing of the comparison of MACs', 'timingSafeEqual by construction; a measurement would be noise'),
  open('T27', 'alg from an unprotected header', 'the JSON serialisation, which has one, is refused (J19)', [
    TOKENS.J,
    "'J19'",
  ]),

  // keys brought or pointed at
  token('K01', 'a key embedded in the header (CVE-2018-0114)'),
  token('K02', 'jku'),
  token('K03', 'x5u, x5c'),
  token('K04', 'jwks in the header'),
  token('K05', 'the key of another issuer'),
  token('K06', 'another key under our kid'),
  token('K07', 'kid as a path, a query, a command'),
  token('K08', 'kid as SQL'),
  row('K09', 'kid __proto__, constructor', [TOKENS.K, "'__proto__'"]),
  token('K10', 'kid of another type'),
  row('K11', 'kid is an address', [TOKENS.K, 'material.lure}kid']),
  row('K12', 'a flood of unknown kids', ['packages/verifier/test/keys.test.ts', 'K12: a flood of unknown key ids']),
  row('K13', 'one kid twice in a set', ['packages/verifier/test/keys.test.ts', 'K13: a kid that stands twice']),
  row('K14', 'a secret in a public set', ['packages/verifier/test/keys.test.ts', 'K14: a secret']),
  row(
    'K15',
    'weak keys',
    ['packages/verifier/test/keys.test.ts', 'K15: an RSA key of 1,024 bits'],
    ['packages/jwt/test/keys.test.ts', 'K15, T24'],
  ),
  row(
    'K16',
    'use or key_ops of another purpose',
    ['packages/jwt/test/keys.test.ts', 'K16: a key for another use is refused'],
    ['packages/verifier/test/keys.test.ts', 'K16: a key for encryption'],
  ),
  row('K17', 'a hostile key endpoint', ['packages/verifier/test/keys.test.ts', 'K17, K18: a key source in trouble']),
  row('K18', 'the key endpoint is down', ['packages/verifier/test/keys.test.ts', 'K17, K18: a key source in trouble']),
  row('K19', 'DNS rebinding of the key endpoint', [
    'packages/verifier/test/keys.test.ts',
    'K19: an address that leads elsewhere',
  ]),
  row('K20', 'a race while keys change', ['packages/verifier/test/keys.test.ts', 'K20: rotation']),

  // encoding, JSON, types
  token('J01', 'padding'),
  token('J02', 'the other alphabet'),
  token('J03', 'foreign characters'),
  token('J04', 'spare bits that are not zero'),
  token('J05', 'length 1 mod 4'),
  token('J06', 'rubbish after the token'),
  token('J07', 'a name twice', [`${ENDPOINTS}/body-rules.ts`, 'a name twice']),
  token('J08', 'no object'),
  token('J09', 'sloppy JSON', [`${ENDPOINTS}/body-rules.ts`, 'a trailing comma']),
  token('J10', 'no UTF-8', [`${ENDPOINTS}/body-rules.ts`, 'bytes that are no UTF-8']),
  token('J11', 'deep nesting', [`${ENDPOINTS}/body-rules.ts`, 'a hundred thousand brackets']),
  token('J12', 'a huge header'),
  token('J13', 'thousands of dots (CVE-2025-30204)'),
  row(
    'J14',
    'names of prototypes',
    [VERIFY, 'frozen and inherits nothing'],
    [`${ENDPOINTS}/body-rules.ts`, 'J14: __proto__'],
    [`${ENDPOINTS}/credentials.ts`, 'J14: a member named %s'],
    [`${ENDPOINTS}/credentials.ts`, SERVER_TOKENS],
  ),
  token('J15', 'times that are no whole numbers', [`${ENDPOINTS}/credentials.ts`, SERVER_TOKENS]),
  token('J16', 'nbf, iat, exp', [`${ENDPOINTS}/credentials.ts`, SERVER_TOKENS]),
  token('J17', 'crit'),
  token('J18', 'b64 false'),
  token('J19', 'JSON serialisation'),
  token('J20', 'zip'),
  token('J21', 'a token as the payload'),
  row(
    'J22',
    'two parsers that differ',
    [PARITY, 'jose takes our tokens, and we take those of jose'],
    [PROPERTIES, 'what it takes means what JSON.parse says'],
  ),
  token('J23', 'names in another case'),

  // encryption
  row(
    'E01',
    'signed and encrypted mixed up (CVE-2023-51774)',
    [TOKENS.T, 'five segments'],
    [NESTED, 'a signed token is no encrypted one, and an encrypted one is no signed one'],
  ),
  row('E02', 'an unsigned token inside an encrypted one', [NESTED, 'CVE-2026-29000: a token without signature']),
  row('E03', 'a decompression bomb', [TOKENS.J, "'J20'"], [DECRYPT, 'CVE-2024-28176: zip']),
  row('E04', 'millions of PBES2 iterations', [DECRYPT, 'CVE-2022-36083: PBES2']),
  row('E05', "dir with an attacker's key", [DECRYPT, 'sealDirect(Buffer.alloc(32), content, header)']),
  row('E06', 'an ephemeral key off its curve', [DECRYPT, 'a point off the curve']),
  row('E07', 'a padding oracle', [DECRYPT, 'the refusal is one and the same']),
  row('E08', 'a missing tag, IV or key', [DECRYPT, 'that is missing, short, long or spelled otherwise is refused']),

  // the right token in the wrong place
  token('C01', 'an ID token as an access token'),
  row(
    'C02',
    'a token of another kind',
    [TOKENS.C, "'C01'"],
    [`${ENDPOINTS}/account.ts`, 'C02: a refresh token is no access token'],
  ),
  open('C03', 'an access token as an ID token', 'there are no ID tokens yet'),
  row('C04', 'an access token as a refresh token', [`${ENDPOINTS}/account.ts`, 'and an access token no refresh token']),
  token('C05', 'another audience', [`${ENDPOINTS}/account.ts`, 'C05: ']),
  token('C06', 'an audience among others'),
  token('C07', 'another issuer'),
  row('C08', 'a scope that is missing', [ADAPTERS, 'C08: a scope that is missing']),
  row('C09', 'sub missing or mistyped', [ADAPTERS, 'a claim that is missing or mistyped is 401']),
  open('C10', 'a client with the id of a user', 'clients are configured; an id of a user is 22 random characters'),
  row('C11', 'a bound token without its proof', [ADAPTERS, 'C11: a token that is bound to a key']),
  row('C12', 'DPoP proofs', ['packages/verifier/test/dpop.test.ts', 'RFC 9449 §4.3: each check, failing alone']),
  open('C13', 'status lists', 'there are none: the revocation feed does their work'),
  open('C14', 'security event tokens', 'nobody takes any: there is no receiver of events yet'),
  row(
    'C15',
    'a token of an ended session',
    [STORY, 'its next call is refused within a second'],
    [INVARIANTS, 'the verifier forgets to look at revocations'],
  ),
  row('C16', 'a mix-up in the cache of verified tokens (CVE-2026-35039)', [
    'packages/jwt/test/bad-tokens.test.ts',
    'a cache that has seen good tokens changes no verdict',
  ]),

  // transport of the token
  row('X01', 'in the query', [ADAPTERS, 'X01'], [`${ENDPOINTS}/account.ts`, 'X01–X03']),
  row(
    'X02',
    'two Authorization headers',
    [ADAPTERS, 'X02: two Authorization headers'],
    [`${ENDPOINTS}/account.ts`, 'two headers'],
  ),
  row('X03', 'other schemes, empty, null', [ADAPTERS, 'X03'], [`${ENDPOINTS}/account.ts`, 'another scheme']),
  row('X04', 'the scheme in another case', [ADAPTERS, 'the scheme in any case'], [`${ENDPOINTS}/account.ts`, 'X04: ']),
  row('X05', 'identity headers from outside', [ADAPTERS, 'X05']),
  row(
    'X06',
    'a bearer token in a cookie',
    [ADAPTERS, 'X06'],
    [`${ENDPOINTS}/delivery.ts`, 'X06: a cookie never authenticates'],
  ),
  row('X07', 'cookie and bearer token at once', [`${ENDPOINTS}/delivery.ts`, 'X07: body and cookie at once']),
  open('X08', 'request smuggling, CR LF', "HTTP parsing is Node's; no answer repeats what was sent", [
    `${ENDPOINTS}/body-rules.ts`,
    'an address with a line break',
  ]),
  row(
    'X09',
    'Host, X-Forwarded-Host, Forwarded',
    [`${ENDPOINTS}/delivery.ts`, 'X09: '],
    [`${ENDPOINTS}/mail-flows.ts`, 'X09: a link follows the configured issuer'],
  ),

  // authorization server: for other applications
  ...Array.from({ length: 60 }, (_, i) => open(`O${String(i + 1).padStart(2, '0')}`, oauthAttack(i + 1), OAUTH)),

  // refresh tokens and sessions
  row(
    'R01',
    'replay of a token that was replaced',
    [`${ENDPOINTS}/account.ts`, 'R01: '],
    [`${STORES}/refresh.ts`, 'a replay ends grant and session'],
    [INVARIANTS, 'a replay is refused and nothing else'],
  ),
  row(
    'R02',
    'replay within the window',
    [`${STORES}/refresh.ts`, 'the one before is answered with the current counter'],
    [INVARIANTS, 'a retry gets a successor of its own'],
  ),
  row('R03', 'a grandparent within the window', [`${ENDPOINTS}/account.ts`, 'R03: ']),
  row(
    'R04',
    'many refreshes at once',
    [`${STORES}/refresh.ts`, 'of fifty at once with one counter'],
    ['tests/refresh/rounds.test.ts', 'rounds'],
  ),
  row(
    'R05',
    'a lost answer',
    [`${ENDPOINTS}/account.ts`, 'R05: '],
    [`${CLIENT}/refresh.test.ts`, 'a lost answer is asked for again'],
    [INVARIANTS, 'a lost answer counts as theft'],
  ),
  row(
    'R06',
    'replay after a restart (CVE-2026-9802)',
    [`${STORES}/refresh.ts`, 'ends grant and session for every connection'],
    [INVARIANTS, 'an advance is answered but not written'],
  ),
  row('R07', 'replay after a failover', [`${STORES}/epoch.ts`, 'a new epoch ends every session']),
  row('R08', 'theft, whoever comes first', [
    `${STORES}/refresh.ts`,
    'hours later another Idempotency-Key, or none, is a replay',
  ]),
  row(
    'R09',
    'another client, more scope, another resource',
    [`${ENDPOINTS}/account.ts`, 'scope only narrows'],
    [`${STORES}/refresh.ts`, 'RFC 8707 §2.2: what a grant is not for is refused'],
  ),
  row(
    'R10',
    'after sign-out or a changed password',
    [`${ENDPOINTS}/account.ts`, 'sign-out-everywhere ends every session'],
    [`${STORES}/sessions.ts`, 'a password that was changed meanwhile'],
  ),
  row('R11', 'a session kept alive for ever', [`${ENDPOINTS}/account.ts`, 'or 180 days old, is over']),
  row(
    'R12',
    'session fixation',
    [FORMS, 'R12: signing in as somebody else ends the session'],
    [`${ENDPOINTS}/delivery.ts`, 'R12: a sign-in by cookie'],
    [`${ENDPOINTS}/social-failures.ts`, 'R12: whoever was signed in in this browser'],
  ),
  row(
    'R13',
    'guessed session ids, ids in addresses',
    [`${ENDPOINTS}/credentials.ts`, 'R13: ids of sessions made at once'],
    [`${ENDPOINTS}/credentials.ts`, 'R13: no address that a browser is led to'],
    [`${ENDPOINTS}/account.ts`, 'with any character changed'],
  ),
  row(
    'R14',
    'what a sign-out leaves behind',
    [`${ENDPOINTS}/account.ts`, 'sign-out ends the session'],
    [`${CLIENT}/tabs.test.ts`, 'a sign-out in one tab'],
  ),
  // with no second factors there is no session half way through one: no row of `sessions` is made before all is proved
  row(
    'R15',
    'what is half way taken for a session',
    [`${ENDPOINTS}/credentials.ts`, 'each cookie of the pages, is no credential'],
    [`${ENDPOINTS}/credentials.ts`, 'a token for one thing is no good for another'],
    [`${ENDPOINTS}/credentials.ts`, 'a sign-in before the address is verified'],
  ),
  row('R16', 'step-up', [REQUESTS, 'R16: another acr']),
  row('R17', 'a race for the number of sessions', [
    'packages/server/test/stores/interleavings.test.ts',
    'R17: two sign-ins at a limit of one',
  ]),
  row(
    'R18',
    'a cookie cut, swapped, under an old key, of another name',
    [`${ENDPOINTS}/credentials.ts`, 'has one answer whatever is wrong with it'],
    [`${ENDPOINTS}/credentials.ts`, 'is as no cookie to a page'],
    [`${ENDPOINTS}/account.ts`, 'with any character changed'],
  ),

  // social login
  row(
    'F01',
    'state CSRF',
    [`${ENDPOINTS}/social.ts`, 'F01: an answer that another browser asked for'],
    [`${ENDPOINTS}/social.ts`, 'F01: an answer %s'],
    [`${ENDPOINTS}/social-variants.ts`, "F01: a flow's cookie under the name"],
  ),
  row(
    'F02',
    'a state again, of another tab, another provider, or too old',
    [`${ENDPOINTS}/social.ts`, 'F02: a state is good once'],
    [`${ENDPOINTS}/social.ts`, 'F02, F15'],
    [`${STORES}/logins.ts`, 'F02: of ten at once'],
    [`${ENDPOINTS}/social-variants.ts`, 'F02: a state is good for ten minutes'],
  ),
  row(
    'F03',
    'sign-in forced by a form, a picture, a frame',
    [`${ENDPOINTS}/social.ts`, 'F03: a form from elsewhere'],
    [`${ENDPOINTS}/social-variants.ts`, 'F03: nothing begins or ends'],
  ),
  row(
    'F04',
    'nonce missing, wrong, replayed',
    [`${ENDPOINTS}/social.ts`, 'F04: the nonce is missing'],
    [`${ENDPOINTS}/social.ts`, 'F04: an ID token of the flow before'],
    [`${ENDPOINTS}/social-variants.ts`, 'F04: a nonce in capitals'],
    [`${ENDPOINTS}/social-providers.ts`, 'F04: a token with a nonce is good once'],
  ),
  row(
    'F05',
    'ID tokens that are forged or meant for others',
    [`${ENDPOINTS}/social.ts`, 'F05: alg none'],
    [`${ENDPOINTS}/social.ts`, 'F05: two keys of one kid'],
    [`${ENDPOINTS}/social-variants.ts`, 'F05: RFC 7517 §5: of the keys'],
    [`${ENDPOINTS}/social-variants.ts`, 'F05: OpenID Connect Core §3.1.3.8'],
    [`${ENDPOINTS}/social-variants.ts`, 'F05: RFC 8725 §2.1'],
    [`${ENDPOINTS}/social-providers.ts`, 'F05: for another app'],
  ),
  row(
    'F06',
    'takeover by an address that nobody proved',
    [`${ENDPOINTS}/social.ts`, 'F06, F14'],
    [`${ENDPOINTS}/social-providers.ts`, 'F06: %s, an address %s'],
    [`${ENDPOINTS}/social-generic.ts`, 'F06: an address %s'],
  ),
  row(
    'F07',
    'takeover by an address that another provider proved',
    [`${ENDPOINTS}/social-failures.ts`, 'F07: the proved address'],
    [`${ENDPOINTS}/social-variants.ts`, 'F07: an account that is suspended'],
    [`${ENDPOINTS}/social-providers.ts`, 'F07, F08'],
  ),
  row(
    'F08',
    'an account made in advance',
    [`${ENDPOINTS}/social.ts`, 'F08: an account that somebody made in advance'],
    [`${ENDPOINTS}/social-variants.ts`, 'F08: what whoever made an account in advance'],
    [`${STORES}/logins.ts`, 'F08: a claimed account keeps nothing'],
  ),
  row('F09', 'linking forced on somebody, or ended by another session', [
    `${ENDPOINTS}/social-providers.ts`,
    'linking by browser: only the session that began it',
  ]),
  row('F10', 'an address that changes at the provider', [`${ENDPOINTS}/social.ts`, 'F10: an address that changes']),
  row(
    'F11',
    'a subject in another case, an issuer with a slash',
    [`${ENDPOINTS}/social.ts`, 'F11: a subject in another case'],
    [`${ENDPOINTS}/social-generic.ts`, 'F11: people of two hosts'],
    [`${STORES}/logins.ts`, 'F11: issuer and subject'],
  ),
  row(
    'F12',
    'an open redirect by return_to',
    [`${ENDPOINTS}/social.ts`, 'F12: an address that is not on the list'],
    [`${ENDPOINTS}/social-variants.ts`, 'F12: no spelling of an address elsewhere'],
  ),
  row(
    'F13',
    'a provider that is down, slow, answers HTML or rotates its keys',
    ['tests/faults/experiments/provider.ts', 'the provider of a social login is down'],
    [`${ENDPOINTS}/social-failures.ts`, 'F13: the provider is %s'],
    ['tests/social/cut-off.long.test.ts', 'something %s: the person is told'],
    [`${ENDPOINTS}/social.ts`, 'F13: a key that was rotated'],
  ),
  row(
    'F14',
    'who has an account, told by what is linked',
    [`${ENDPOINTS}/social.ts`, 'F06, F14'],
    [`${ENDPOINTS}/social-variants.ts`, 'F14: signing up, and asking'],
  ),
  row(
    'F15',
    "a code of another client's or flow's",
    [`${ENDPOINTS}/social.ts`, 'F02, F15'],
    [`${ENDPOINTS}/social-variants.ts`, 'Apple: the nonce of the flow'],
  ),

  // browser, cookies, pages
  row(
    'B01',
    'cross-site requests',
    [`${ENDPOINTS}/cross-origin.ts`, 'B01, B02, B03: the CSRF rule'],
    [BROWSER, 'B01: a form on another site signs nobody in'],
    [PAGE_RULES, 'login CSRF: a form is bound to the browser'],
  ),
  row(
    'B02',
    'same-site but cross-origin',
    [`${ENDPOINTS}/cross-origin.ts`, "'same-site'"],
    [REQUESTS, 'B02: a sibling subdomain'],
    [PAGE_RULES, 'a listed origin: it may call the API'],
  ),
  row(
    'B03',
    'no Fetch Metadata, Origin null, Referer only',
    [`${ENDPOINTS}/cross-origin.ts`, 'a Referer of our own'],
    [REQUESTS, 'B03: '],
    [PAGE_RULES, 'a Referer only'],
  ),
  row(
    'B04',
    'tossed cookies',
    [`${ENDPOINTS}/cross-origin.ts`, 'B04: the cookie twice'],
    [REQUESTS, 'B04: the cookie twice'],
    [PAGE_RULES, 'B04: cookie tossing'],
  ),
  row(
    'B05',
    'attributes of the cookie',
    [`${ENDPOINTS}/delivery.ts`, 'B05: '],
    [PAGE_RULES, 'B05: every cookie is HttpOnly'],
  ),
  row(
    'B06',
    'script in what people type',
    [STORY, 'B06: what people type is text'],
    [BROWSER, 'B06: what people type is text, wherever it is shown'],
  ),
  row(
    'B07',
    'framing',
    [BROWSER, 'B07: no page is shown in a frame'],
    [PAGE_RULES, 'B07, B12: every page'],
    [`${ENDPOINTS}/addresses.ts`, 'frame-ancestors'],
  ),
  row(
    'B08',
    'tokens within reach of script',
    [STORY, 'B08: no token is in reach of script'],
    [BROWSER, 'B08: no token is in reach of script, in storage, the history'],
    [`${ENDPOINTS}/delivery.ts`, 'no refresh token in any body'],
  ),
  row('B09', 'messages of a hostile tab', [
    `${CLIENT}/tabs.test.ts`,
    'messages that are no announcement change nothing',
  ]),
  row(
    'B10',
    'two tabs, sleep, wrong clocks',
    [`${CLIENT}/tabs.test.ts`, 'tabs refresh one after another'],
    [`${CLIENT}/refresh.test.ts`, 'the wall clock may be years off'],
  ),
  row('B11', 'CORS', [`${ENDPOINTS}/addresses.ts`, 'B11: CORS']),
  row(
    'B12',
    'caches',
    [`${ENDPOINTS}/addresses.ts`, 'security headers and a cache rule'],
    [PAGE_RULES, 'B07, B12: every page'],
    [BROWSER, 'R14: after signing out, the back button'],
  ),
  open('B13', 'a backend for frontends as an open proxy', 'there is no proxy'),

  // passwords, accounts
  row(
    'P01',
    'finding out who has an account',
    [`${ENDPOINTS}/account.ts`, 'unknown account and wrong password have the same answer'],
    [`${ENDPOINTS}/limits.ts`, 'P01: an address without an account'],
    [`${ENDPOINTS}/mail-flows.ts`, 'P01: forgotten passwords'],
    [`${ENDPOINTS}/mail-flows.ts`, 'P01: whose address is taken'],
    ['tests/timing/enumeration.ts', 'timeEnumeration'],
  ),
  row(
    'P02',
    'spraying',
    [`${ENDPOINTS}/limits.ts`, 'P02: one password at many accounts'],
    [`${ENDPOINTS}/limits.ts`, 'P02, P03: many accounts from one network'],
  ),
  row(
    'P03',
    'stuffing from many sources',
    [`${ENDPOINTS}/limits.ts`, 'P03: ten wrong passwords'],
    [`${ENDPOINTS}/limits.ts`, 'P02, P03: many accounts from one network'],
  ),
  row(
    'P04',
    'lock-out as a weapon',
    [`${ENDPOINTS}/limits.ts`, 'P04: the person on a known device gets in'],
    [`${ENDPOINTS}/limits.ts`, 'P04: the mark of a device is good for one account'],
    [`${ENDPOINTS}/limits.ts`, 'P04: a stolen known device'],
    [`${ENDPOINTS}/admin.ts`, 'P04: restoring lifts a lock-out'],
  ),
  row(
    'P05',
    'password hashing as denial of service',
    [`${ENDPOINTS}/trouble.ts`, 'P05: a flood of passwords'],
    ['packages/server/test/password.test.ts', 'P05: so many places'],
    ['packages/server/test/refusals.test.ts', 'P05: wrong passwords that are judged together'],
    [`${ENDPOINTS}/password-forms.ts`, 'P05, P06: the cap is said aloud'],
    ['tests/timing/flood.ts', 'timeFlood'],
    ['tests/faults/experiments/pressure.ts', 'a flood of passwords beside token traffic'],
  ),
  row(
    'P06',
    'truncation, NUL, Unicode forms',
    [`${ENDPOINTS}/password-forms.ts`, 'P06: %s'],
    ['packages/server/test/password.test.ts', 'P06: passwords that differ %s are two'],
  ),
  row(
    'P07',
    'upgrade of hashes, parameters from the row',
    [`${STORES}/accounts.ts`, 'a password hash is upgraded only while'],
    ['packages/server/test/password.test.ts', 'P07: a stored hash that asks for %s'],
    ['packages/server/test/password.test.ts', 'P07: a hash with older parameters'],
  ),
  row(
    'P08',
    'reset tokens',
    [`${ENDPOINTS}/mail-flows.ts`, 'P08: a reset ends every session'],
    [`${ENDPOINTS}/mail-flows.ts`, 'P08: a token of 128 bits'],
    [`${STORES}/one-time-tokens.ts`, 'P08: a reset ends every session and every token'],
  ),
  open('P09', 'reset skips a second factor', FACTORS),
  open('P10', 'one-time codes', FACTORS),
  row('P11', 'races for one address', [`${STORES}/accounts.ts`, 'of twenty at once with one address']),
  row(
    'P12',
    'members that nobody asked for (CVE-2025-61928)',
    [`${ENDPOINTS}/body-rules.ts`, 'P12: '],
    [`${ENDPOINTS}/admin.ts`, 'P12, P13: '],
  ),
  row('P13', "another person's things by id", [`${ENDPOINTS}/account.ts`, 'P13: ']),
  row(
    'P14',
    'what stands in mails',
    [`${ENDPOINTS}/mail-flows.ts`, 'P14: a name, an agent or an address'],
    ['packages/cli/test/smtp.test.ts', 'P14: %j reaches nobody else'],
  ),

  // denial of service
  row(
    'D01',
    'regular expressions',
    [PROPERTIES, 'no text at all throws a foreign error'],
    [`${ENDPOINTS}/trouble.ts`, 'D01: texts that regular expressions stumble over'],
  ),
  row('D02', 'slow clients', ['tests/faults/experiments/pressure.ts', 'slow clients, aborted uploads']),
  row('D03', 'large, many, compressed', [`${ENDPOINTS}/body-rules.ts`, 'D03: more than 64 KiB']),
  row(
    'D04',
    'a database that does not answer',
    [`${ENDPOINTS}/trouble.ts`, 'I6: a database that fails'],
    ['packages/server/test/stores/sqlite.test.ts', 'StoreFailed within two seconds'],
  ),
  row(
    'D05',
    'state without bound',
    [`${ENDPOINTS}/refused-sign-ins.ts`, 'a flood from ever new networks'],
    [`${ENDPOINTS}/figures.ts`, 'none makes a line of its own'],
    [`${ENDPOINTS}/feed.ts`, 'a flood of instances fills nothing'],
    [`${STORES}/outbox-and-audit.ts`, 'old audit events are removed'],
    [`${ENDPOINTS}/limits.ts`, 'D05, P01: links to ever new addresses'],
    [`${STORES}/limits.ts`, 'pruneRateLimits: only buckets that are empty'],
    [`${STORES}/clean-up.ts`, 'what has been over for a week goes'],
  ),
  row('D06', 'a storm of feeds', ['tests/faults/feed-story.ts', 'async function stampede']),
  row('D07', 'collisions', [`${ENDPOINTS}/trouble.ts`, 'D07: thousands of names']),
  row(
    'D08',
    'a crash by a rejected promise, a thrown text',
    [`${ENDPOINTS}/figures.ts`, 'L05, D08: a log that fails'],
    ['packages/cli/test/process.test.ts', 'D08, L05: promises that nobody waits for'],
    [`${ENDPOINTS}/hooks.ts`, "['rejects', () => Promise.reject(new Error('no'))]"],
  ),

  // logs
  row(
    'L01',
    'forged log lines',
    [`${ENDPOINTS}/admin.ts`, 'L01: the export is one JSON object a line'],
    ['packages/cli/test/log.test.ts', 'L01: %s in a value stays in one JSON object a line'],
    [`${ENDPOINTS}/figures.ts`, 'L01: a text of any length is capped'],
  ),
  row(
    'L02',
    'secrets in logs',
    [`${ENDPOINTS}/account.ts`, 'I10: no token, password or address'],
    [INVARIANTS, 'a refresh token is logged'],
    [`${ENDPOINTS}/refused-sign-ins.ts`, 'L02: an address without an account'],
    [`${ENDPOINTS}/figures.ts`, 'L02: no token, address, path or method'],
    ['packages/server/test/tracing.test.ts', 'L02: nothing of a person'],
    ['packages/cli/test/log.test.ts', 'L02: a member whose name says'],
  ),
  row('L03', 'error pages', [`${ENDPOINTS}/trouble.ts`, 'L03: ']),
  row(
    'L04',
    'gaps in the audit log',
    [`${STORES}/outbox-and-audit.ts`, 'L04: sign-up, sign-in'],
    [`${ENDPOINTS}/admin.ts`, 'L04: what was done is in the audit log'],
    [`${ENDPOINTS}/refused-sign-ins.ts`, 'L04: wrong passwords are one event'],
    [`${STORES}/outbox-and-audit.ts`, 'L04: refusals alike'],
    [`${STORES}/cut-offs.ts`, 'the log says so (L04)'],
    [`${STORES}/cut-offs.ts`, 'each is an event (L04)'],
    [`${STORES}/outbox-and-audit.ts`, 'L04: cut-offs, revocations and a new epoch'],
    [`${STORES}/outbox-and-audit.ts`, 'L04: keys that are taken out of force'],
    [`${ENDPOINTS}/refused-sign-ins.ts`, 'L04: mails that are asked for too often'],
  ),
  row('L05', 'a log that fails', [`${ENDPOINTS}/figures.ts`, 'L05, D08: a log that fails']),

  // supply chain and process
  row('S01', 'packages', ['tests/packaging/packaging.test.ts', 'brings exactly itself and @mapae/jwt']),
  row('S02', 'debug routes, default secrets', [
    'packages/cli/test/secret.test.ts',
    'an empty or missing secret file is refused',
  ]),
  row(
    'S03',
    'secrets that others can read',
    ['packages/cli/test/secret.test.ts', 'a secret file that others can read is refused'],
    ['packages/server/test/stores/sqlite.test.ts', 'the file is for its owner alone'],
  ),
];

function oauthAttack(number: number): string {
  return number <= 35 ? 'redirect URIs' : 'authorization, codes, clients, consent, devices';
}
