import { expect, test } from 'vitest';
import { CliError } from '../src/failure.ts';
import { mergeSettings, parseConfigFile } from '../src/settings.ts';

test('flags win over the environment, and that over the file', () => {
  const file = { port: 1, host: 'file', data: 'file' };
  const env = { MAPAE_PORT: '2', MAPAE_HOST: 'env' };
  expect(mergeSettings({ port: '3' }, env, file)).toEqual({ port: 3, host: 'env', data: 'file' });
});

test('an empty variable counts as not set', () => {
  expect(mergeSettings({}, { MAPAE_PORT: '' }, {})).toEqual({});
});

test('repeated flags add up, and a resource is read as identifier and scopes', () => {
  const flags = { resources: ['https://a.example=x:read x:write', 'https://b.example=y'] };
  expect(mergeSettings(flags, {}, {}).resources).toEqual([
    { identifier: 'https://a.example', scopes: ['x:read', 'x:write'] },
    { identifier: 'https://b.example', scopes: ['y'] },
  ]);
});

test.each([
  ['port', '65536'],
  ['port', '-1'],
  ['port', '4e3'],
  ['port', ''],
  ['resources', 'https://a.example'],
  ['resources', '=x'],
  ['accessTokenSeconds', '1'],
  ['logLevel', 'loud'],
])('a flag %s of %j is refused as a usage error', (name, value) => {
  const flags = { [name]: name === 'resources' ? [value] : value };
  expect(() => mergeSettings(flags, {}, {})).toThrow(CliError);
});

test('a database address with a password is refused on the command line, taken from the environment', () => {
  const url = 'postgres://mapae:hunter2@localhost/mapae';
  expect(() => mergeSettings({ database: url }, {}, {})).toThrow(/public/);
  expect(mergeSettings({}, { MAPAE_DATABASE: url }, {}).database).toBe(url);
});

test('secrets have no flag: command lines are public', () => {
  expect(mergeSettings({ secrets: 'x' }, {}, {})).toEqual({});
  expect(mergeSettings({}, { MAPAE_SECRET: 'new old' }, {}).secrets).toEqual(['new', 'old']);
});

test.each([['a string'], [null], [[]], [{ prot: 4000 }], [{ __proto__: null, constructor: 1 }]])(
  'a config file whose default export is %j is refused',
  (value) => {
    expect(() => parseConfigFile(value, 'mapae.config.ts')).toThrow(CliError);
  },
);
