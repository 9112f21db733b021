import { parseArgs } from 'node:util';
import { CliError } from 'mapae';

/** Where the demo listens and keeps its data. */
export interface DemoOptions {
  readonly port: number;
  readonly apiPort: number;
  readonly webPort: number;
  readonly data: string;
}

export const USAGE = `Usage: npm start -- [options]

  --port <number>      authorization server (4000)
  --api-port <number>  notes API (4001)
  --web-port <number>  notes page (4002)
  --data <folder>      embedded database (./data)
  --help               this text
`;

/** @returns undefined where help was asked for. @throws {CliError} for anything that is no option. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | undefined {
  const text = { type: 'string' } as const;
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { port: text, 'api-port': text, 'web-port': text, data: text, help: { type: 'boolean' } },
    }));
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : 'unknown option', 'run `npm start -- --help`');
  }
  if (values['help'] === true) return undefined;
  const port = (name: string, fallback: number): number => {
    const value = values[name] ?? String(fallback);
    const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : 0;
    if (number < 1 || number > 65_535)
      throw new CliError(`--${name} must be a whole number from 1 to 65535`, 'run `npm start -- --help`');
    return number;
  };
  const data = values['data'];
  return {
    port: port('port', 4000),
    apiPort: port('api-port', 4001),
    webPort: port('web-port', 4002),
    data: typeof data === 'string' ? data : './data',
  };
}
