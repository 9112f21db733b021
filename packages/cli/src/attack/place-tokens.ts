import { type AttackMaterial, type Row, signedParts, takeApart } from './bad-token.ts';

/** Group C: tokens that the issuer signed for another purpose, another API, or as somebody else. */
export function placeTokens(material: AttackMaterial): Row[] {
  const signed = signedParts(material);
  if (signed === undefined) return [];
  const { claims } = takeApart(material);
  const { sign, signMember } = signed;
  const issuer = String(claims['iss']);
  const audience = audienceOf(claims['aud']);
  return [
    ...[
      'JWT',
      'id+jwt',
      'logout+jwt',
      'secevent+jwt',
      'dpop+jwt',
      'rt+jwt',
      'client-authentication+jwt',
      'application/x/at+jwt',
    ].map((typ): Row => ['C01', `typ ${typ}`, sign({}, typ), 'token/type']),
    ['C01', 'typ AT+JWT is the same type', sign({}, 'AT+JWT'), 'accepted'],
    ['C01', 'typ application/at+jwt is the same type', sign({}, 'application/at+jwt'), 'accepted'],
    ['C05', 'another audience', sign({ aud: 'https://other.example' }), 'token/audience'],
    ['C05', 'audience with a slash more', sign({ aud: `${audience}/` }), 'token/audience'],
    ['C05', 'no audience', sign({ aud: undefined }), 'token/audience'],
    ...['{}', '[["AUD"]]', '1', 'null', '[]', '[1,"AUD"]', '{"0":"AUD"}', '""'].map(
      (aud): Row => [
        'C05',
        `audience ${aud}`,
        signMember(`"aud":${aud.replace('AUD', audience)}`),
        'token/audience',
        aud === '[1,"AUD"]' ? 'choice' : undefined,
      ],
    ),
    // CVE-2025-30144
    ...['["ISS"]', '["https://evil.example","ISS"]', '{"0":"ISS"}', 'null'].map(
      (iss): Row => ['C07', `issuer ${iss}`, signMember(`"iss":${iss.replace('ISS', issuer)}`), 'token/claim'],
    ),
    ['C06', 'an array with our audience', sign({ aud: ['https://other.example', audience] }), 'accepted'],
    ['C05', 'an array without it', sign({ aud: ['https://other.example'] }), 'token/audience'],
    ['C07', 'another issuer', sign({ iss: 'https://other.example' }), 'token/issuer'],
    ['C07', 'issuer with a slash more', sign({ iss: `${issuer}/` }), 'token/issuer'],
    ['C07', 'no issuer', sign({ iss: undefined }), 'token/issuer'],
  ];
}

function audienceOf(aud: unknown): string {
  return String(Array.isArray(aud) ? aud[0] : aud);
}
