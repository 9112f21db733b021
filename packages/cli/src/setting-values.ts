import { CliError } from './failure.ts';
import type { ApiSetting } from './settings.ts';

// How the text of a flag or an environment variable is read. `from` names it: all that a person needs to mend it.

export function text(value: string): string {
  return value;
}

export function words(value: string): string[] {
  return value.split(/[\s,]+/).filter((word) => word !== '');
}

export function wholeNumber(least: number, most: number): (value: string, from: string) => number {
  return (value: string, from: string): number => {
    const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= least && number <= most)) {
      throw new CliError(`${from} must be a whole number from ${least} to ${most}`, 'see `mapae serve --help`');
    }
    return number;
  };
}

export function yesOrNo(value: string, from: string): boolean {
  if (value === '1' || value === 'true') return true;
  if (value === '0' || value === 'false') return false;
  throw new CliError(`${from} must be 1 or 0`, 'see `mapae serve --help`');
}

export function level(value: string, from: string): string {
  if (['debug', 'info', 'warn', 'error', 'silent'].includes(value)) return value;
  throw new CliError(`${from} must be debug, info, warn, error or silent`, 'see `mapae serve --help`');
}

export function resource(value: string, from: string): ApiSetting[] {
  const cut = value.indexOf('=');
  const identifier = cut === -1 ? value : value.slice(0, cut);
  const scopes = cut === -1 ? [] : words(value.slice(cut + 1));
  if (identifier === '' || scopes.length === 0) {
    throw new CliError(
      `${from} must be "<identifier>=<scope> <scope> …"`,
      'for instance "https://api.example=notes:read notes:write"',
    );
  }
  return [{ identifier, scopes }];
}

export function feedKeys(value: string, from: string): { name: string; key: string }[] {
  return words(value).map((word) => {
    const cut = word.indexOf('=');
    if (cut < 1) throw new CliError(`${from} must be "<name>=<key>"`, 'make a key with `openssl rand -base64 32`');
    return { name: word.slice(0, cut), key: word.slice(cut + 1) };
  });
}

/** What it holds is looked into by whoever uses it. */
export function json(value: string, from: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw new CliError(`${from} is no JSON`, 'for instance {"google":{"clientId":"…","clientSecret":"…"}}');
  }
}

export function databaseFlag(value: string, from: string): string {
  if (from.startsWith('--') && /^[a-z]+:\/\/[^/]*:[^/]*@/.test(value)) {
    throw new CliError(
      `${from} holds a password, and command lines are public`,
      'give it as MAPAE_DATABASE or in mapae.config.ts',
    );
  }
  return value;
}
