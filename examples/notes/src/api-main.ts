// The notes API as a process of its own: `node api-main.ts <port> <issuer> <origin of the page>`. With a channel to who
// started it, it loads at once and asks the issuer when it is told that there is one.
import { once } from 'node:events';
import { createVerifier } from '@mapae/verifier';
import { listen, reportFailure } from 'mapae';
import { createNotesApi } from './notes-api.ts';

const [port = '', issuer = '', origin = ''] = process.argv.slice(2);
try {
  if (process.channel !== undefined) {
    process.channel.ref();
    await once(process, 'message');
    process.channel.unref();
  }
  const verifier = createVerifier({ issuer, audience: `http://localhost:${port}` });
  await verifier.ready();
  const listening = await listen(createNotesApi(verifier, origin), Number(port), undefined);
  process.stderr.write(`${JSON.stringify({ event: 'listening', port: listening.port })}\n`);
  const stop = (): void => {
    verifier.close();
    void listening.close(0).then(() => process.exit());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
} catch (error) {
  process.exit(reportFailure(error, (text) => process.stderr.write(text)));
}
