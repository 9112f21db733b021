import { describeApi, type Routes } from '../openapi/document.ts';
import { DOCUMENT } from './answers.ts';
import type { Operation } from './operation.ts';

/**
 * `GET /openapi.json`, made at the first request.
 *
 * @param routes Called then: this operation is one of them.
 */
export function openApi(routes: () => Routes): Operation {
  let document: object | undefined;
  return {
    summary: 'This API, as OpenAPI 3.1',
    answers: { 200: DOCUMENT },
    withoutDatabase: true,
    run({ settings }) {
      document ??= describeApi(routes());
      const body = { ...document, servers: [{ url: settings.issuer }] };
      return Response.json(body, { headers: { 'cache-control': 'public, max-age=60' } });
    },
  };
}
