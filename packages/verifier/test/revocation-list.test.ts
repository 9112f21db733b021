import { createHash, randomBytes } from 'node:crypto';
import { encodeBase64url, generateTimeOrderedId } from '@mapae/jwt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blindRevocationId } from '../src/index.ts';
import { createRevocationList, revocableToken } from '../src/revocation-list.ts';
import { createRevocationRows } from '../src/revocation-rows.ts';
import { readSnapshot } from '../src/snapshot.ts';

const ISSUER = 'https://auth.example';
const MILLION = 1_000_000;

/** Rows as they travel, with random ids: digests look no different. */
function packedRows(count: number, until: number): Buffer {
  const body = Buffer.alloc(count * 32);
  const ids = randomBytes(count * 16);
  for (let index = 0; index < count; index++) {
    ids.copy(body, index * 32, index * 16, index * 16 + 16);
    body.writeUInt8(1, index * 32 + 16);
    body.writeUIntBE(until, index * 32 + 26, 6);
  }
  return body;
}

async function* inChunks(body: Buffer, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += bytes) yield body.subarray(at, at + bytes);
}

describe('a table of numbers answers as a Map would', () => {
  const operation = fc.record({
    id: fc.integer({ min: 0, max: 40 }),
    code: fc.integer({ min: 1, max: 9 }),
    before: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    until: fc.integer({ min: 1, max: 1_000 }),
    // few buckets: ids that begin alike sit behind one another
    spread: fc.integer({ min: 0, max: 2 }),
    sweepAt: fc.option(fc.integer({ min: 0, max: 1_000 })),
  });
  test('whatever is put and swept, in any order', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const rows = createRevocationRows(MILLION);
        const model = new Map<string, { before: number; until: number }>();
        for (const { id, code, before, until, spread, sweepAt } of operations) {
          const words = Uint32Array.of(spread * 2 ** 30, spread, 0, id);
          const name = `${spread} ${id} ${code}`;
          rows.put({ id: words, at: 0, code, before, until }, 0);
          const held = model.get(name);
          model.set(name, {
            before: Math.max(before, held?.before ?? 0),
            until: Math.max(until, held?.until ?? 0),
          });
          if (sweepAt === null) continue;
          for (let table = 0; table < 64; table++) rows.sweepSome(sweepAt);
          for (const [key, entry] of model) if (entry.until <= sweepAt) model.delete(key);
        }
        expect(rows.size).toBe(model.size);
        for (let spread = 0; spread <= 2; spread++)
          for (let id = 0; id <= 40; id++)
            for (let code = 1; code <= 9; code++)
              expect(rows.find(Uint32Array.of(spread * 2 ** 30, spread, 0, id), 0, code)).toBe(
                model.get(`${spread} ${id} ${code}`)?.before,
              );
        for (let code = 1; code <= 9; code++)
          expect(rows.count(code)).toBe([...model.keys()].filter((key) => key.endsWith(` ${code}`)).length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a million live revocations', () => {
  test('at most 120 bytes each, read in slices of 10 ms, and a check still finds the one that is meant', async () => {
    const until = Date.now() + 600_000;
    const body = packedRows(MILLION, until);
    const sid = generateTimeOrderedId(Date.now(), randomBytes);
    body.set(blindRevocationId(ISSUER, 'session', sid), 777 * 32);
    const frame = {
      epoch: 'e',
      from: 1,
      to: 1,
      at: 0,
      event: 'snapshot',
      count: MILLION,
      sha256: createHash('sha256').update(body).digest('base64url'),
    } as const;
    // a neighbour on the same thread sees how long it is held up; by CPU time, since other processes stretch any other
    const cpu = (): number => {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1_000;
    };
    const held: number[] = [];
    let last = cpu();
    let reading = true;
    const look = (): void => {
      const now = cpu();
      held.push(now - last);
      last = now;
      if (reading) setImmediate(look);
    };
    setImmediate(look);
    const snapshot = await readSnapshot(inChunks(Buffer.concat([Buffer.from('line\n'), body]), 65_536), {
      readFrame: () => frame,
      maxEntries: MILLION,
      nowMs: Date.now(),
      monotonic: () => performance.now(),
    });
    reading = false;
    // the median: single ones hold a garbage collection
    expect(held.toSorted((a, b) => a - b)[Math.floor(held.length / 2)]).toBeLessThan(10);
    expect(held.length).toBeGreaterThan(10);
    expect(snapshot.rows.size).toBe(MILLION);
    expect(snapshot.rows.bytes / MILLION).toBeLessThan(120);
    const list = createRevocationList(ISSUER, MILLION);
    list.replace(snapshot.rows);
    const ids = { subject: 'kim', clientId: 'app', tokenId: sid };
    expect(list.isRevoked(revocableToken({ ...ids, sessionId: sid }))).toBe(true);
    const other = generateTimeOrderedId(Date.now(), randomBytes);
    expect(list.isRevoked(revocableToken({ ...ids, sessionId: other }))).toBe(false);
  });
});

test('a full list makes room of what is past its end, and else is not whole', () => {
  const list = createRevocationList(ISSUER, 2);
  const row = (value: string, until: number) => ({
    code: 1,
    id: encodeBase64url(blindRevocationId(ISSUER, 'session', value)),
    before: 0,
    until,
  });
  list.add([row('a', 100), row('b', 200)], 0);
  list.add([row('c', 300)], 150);
  expect([list.size, list.whole]).toEqual([2, true]);
  list.add([row('d', 300)], 150);
  expect(list.whole).toBe(false);
});
