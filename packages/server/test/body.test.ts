import { expect, test } from 'vitest';
import { readBytes } from '../src/checks/body.ts';

test.each([
  ['no Content-Length', undefined],
  ['one that is no number', 'many'],
  ['one that is below nothing', '-1'],
  ['a list of them', '5, 5'],
])('D03: a body without end, with %s, is read no further than 64 KiB and what was under way', async (_what, length) => {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1_024;
      // the reader has to be the one who stops; where it does not, this test ends and fails
      if (sent > 10 * 65_536) controller.close();
      else controller.enqueue(new Uint8Array(1_024));
    },
  });
  const headers = length === undefined ? {} : { 'content-length': length };
  const init = { method: 'POST', headers, body, duplex: 'half' };
  const request = new Request('https://auth.example.test', init);
  await expect(readBytes(request)).rejects.toMatchObject({ code: 'request/too-large' });
  expect(sent).toBeLessThan(2 * 65_536);
});
