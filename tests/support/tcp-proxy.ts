import { startTcpHop } from './tcp-hop.ts';

/** A TCP hop that can misbehave. */
export interface TcpProxy {
  readonly port: number;
  /** The next `n` answers to a POST are cut at their first byte: the request arrived, the answer is lost. */
  loseAnswers(n: number): void;
  /** From now on nothing passes and nothing is refused: a hang. */
  hang(): void;
  /** Cuts what is open and refuses what comes. */
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

/** Passes connections on to the ports in turn (one port: a hop; several: a balancer). */
export async function startTcpProxy(ports: () => readonly number[]): Promise<TcpProxy> {
  let mode: 'pass' | 'hang' | 'cut' = 'pass';
  let toLose = 0;
  let turn = 0;
  const nextTarget = () => {
    if (mode === 'cut') return undefined;
    const targets = ports();
    return { port: targets[turn++ % targets.length] ?? 0, host: 'localhost' };
  };
  const hop = await startTcpHop(nextTarget, ({ near, far }) => {
    let posted = false;
    near.on('data', (chunk) => {
      if (mode !== 'pass') return;
      posted =
        chunk.toString('latin1', 0, 5) === 'POST ' ||
        (posted && !/^(GET|DELETE) /.test(chunk.toString('latin1', 0, 8)));
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (mode !== 'pass') return;
      if (toLose > 0 && posted) {
        toLose--;
        near.destroy();
        return;
      }
      near.write(chunk);
    });
  });
  return {
    port: hop.port,
    loseAnswers: (n) => {
      toLose = n;
    },
    hang: () => {
      mode = 'hang';
    },
    cut: () => {
      mode = 'cut';
      hop.destroyAll();
    },
    heal: () => {
      mode = 'pass';
      hop.destroyAll();
    },
    close: hop.close,
  };
}
