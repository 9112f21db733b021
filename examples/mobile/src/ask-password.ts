import { stderr, stdin } from 'node:process';

/** From the environment, or typed without showing it. Never from the arguments: a list of processes shows those. */
export async function askPassword(): Promise<string> {
  const given = process.env['NOTES_PASSWORD'];
  if (given !== undefined) return given;
  if (!stdin.isTTY) throw new Error('there is no terminal to ask for a password: set NOTES_PASSWORD');
  stderr.write('password: ');
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  let typed = '';
  try {
    for await (const chunk of stdin as AsyncIterable<string>) {
      for (const key of chunk) {
        if (key === '\r' || key === '\n') return typed;
        if (key === '\u0003') process.exit(130);
        typed = key === '\u007f' ? typed.slice(0, -1) : typed + key;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stderr.write('\n');
  }
}
