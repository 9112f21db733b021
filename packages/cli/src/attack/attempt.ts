/** One request that has to be refused. */
export interface Attempt {
  /** Of the attack catalogue. */
  readonly id: string;
  readonly title: string;
  /** Names and values in turn, sent as they are, twice too. */
  readonly headers: readonly string[];
  /** Added to the query of the address. */
  readonly query?: string;
}
