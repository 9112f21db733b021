import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTcpHop } from './tcp-hop.ts';

/** What becomes of the requests that a fault is set for. */
export type HopFault =
  /** The connection ends before the request gets through. */
  | 'refused'
  /** The request arrives; its answer is lost. */
  | 'answer lost'
  /** The answer ends after its first bytes. */
  | 'broken off'
  /** Nothing passes, and nothing is closed. */
  | 'hanging'
  /** The answer comes a few bytes at a time, and would take minutes. */
  | 'dripping'
  /** The whole answer comes, four seconds late. */
  | 'late'
  /** The hop answers itself, with these bytes. */
  | { readonly says: string }
  /** The hop answers itself, and never stops. */
  | { readonly saysForEver: string };

/** A TCP hop in front of an HTTP server that misbehaves at one step of an exchange. */
export interface SteppedProxy {
  readonly port: number;
  /** Sets a fault for requests whose target (path and query) matches. @returns How often it struck so far. */
  fail(target: RegExp, fault: HopFault): Promise<() => number>;
  heal(): Promise<void>;
  close(): Promise<void>;
}

const LATE_MS = 4_000;
const DRIP_MS = 400;
const DRIP_BYTES = 3;
const REQUEST = /^(?:GET|POST|HEAD) (\S+) HTTP\/1\.1\r\n/;

export async function startSteppedProxy(port: number): Promise<SteppedProxy> {
  let set: { readonly target: RegExp; readonly fault: HopFault } | undefined;
  let struck = 0;

  const hop = await startTcpHop(
    () => ({ port, host: '127.0.0.1' }),
    ({ near, far }) => {
      let fault: HopFault | undefined;
      near.on('data', (chunk: Buffer) => {
        const target = REQUEST.exec(chunk.toString('latin1'))?.[1];
        if (target !== undefined) {
          fault = set?.target.test(target) === true ? set.fault : undefined;
          if (fault !== undefined) struck += 1;
        }
        if (fault === 'refused') return void near.destroy();
        if (fault === 'hanging') return;
        if (typeof fault === 'object') return sayItself(near, fault);
        far.write(chunk);
      });
      far.on('data', (chunk: Buffer) => passBack(near, chunk, fault));
    },
  );
  /** Connections that were kept for later are gone on both sides when this resolves. */
  const endAll = async (): Promise<void> => {
    hop.destroyAll();
    await sleep(20);
  };
  return {
    port: hop.port,
    async fail(target, fault) {
      await endAll();
      set = { target, fault };
      const before = struck;
      return () => struck - before;
    },
    async heal() {
      set = undefined;
      await endAll();
    },
    close: hop.close,
  };
}

function passBack(near: Socket, chunk: Buffer, fault: HopFault | undefined): void {
  switch (fault) {
    case 'answer lost':
      near.destroy();
      return;
    case 'broken off':
      near.write(chunk.subarray(0, Math.min(60, chunk.length - 1)), () => near.destroy());
      return;
    case 'late':
      setTimeout(() => near.write(chunk), LATE_MS);
      return;
    case 'dripping':
      drip(near, chunk);
      return;
    default:
      near.write(chunk);
  }
}

function drip(near: Socket, chunk: Buffer): void {
  let at = 0;
  const timer = setInterval(() => {
    if (near.destroyed || at >= chunk.length) return clearInterval(timer);
    near.write(chunk.subarray(at, at + DRIP_BYTES));
    at += DRIP_BYTES;
  }, DRIP_MS);
}

function sayItself(near: Socket, fault: Exclude<HopFault, string>): void {
  if ('says' in fault) return void near.write(fault.says);
  const piece = fault.saysForEver;
  const more = (): void => {
    while (!near.destroyed && near.write(piece)) {
      // until its buffer is full
    }
  };
  near.on('drain', more);
  near.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n');
  more();
}
