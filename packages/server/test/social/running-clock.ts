/** The clock of providers and of this machine, which can be put forward: they agree as long as it isn't. */
export class RunningClock {
  #aheadMs = 0;
  readonly read = (): number => Date.now() + this.#aheadMs;
  pass(seconds: number): void {
    this.#aheadMs += seconds * 1_000;
  }
}
