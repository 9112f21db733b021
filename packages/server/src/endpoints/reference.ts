import { describeApi, type Routes } from '../openapi/document.ts';
import { type ApiDescription, REFERENCE_POLICY, writeReference } from '../pages/reference.ts';
import { REFERENCE } from './answers.ts';
import type { Operation } from './operation.ts';

/**
 * `GET /reference`: the document of `/openapi.json` for people, made at the first request.
 *
 * @param routes Called then: this operation is one of them.
 */
export function reference(routes: () => Routes): Operation {
  let page: string | undefined;
  return {
    summary: 'This API, as a page',
    answers: { 200: REFERENCE },
    withoutDatabase: true,
    run() {
      page ??= writeReference(describeApi(routes()) as unknown as ApiDescription);
      return new Response(page, {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': REFERENCE_POLICY,
          'cache-control': 'public, max-age=60',
        },
      });
    },
  };
}
