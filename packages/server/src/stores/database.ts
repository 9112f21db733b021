import type { Store, StoreOptions } from './store.ts';

/** Where a server keeps its state: an address, opened once when the server starts. */
export interface Database {
  /**
   * Connects, brings the schema up to date and draws the first epoch where there is none. Several processes may do so
   * at once on one empty database.
   *
   * @throws {StoreFailed} where the database can't be reached.
   */
  open(options: StoreOptions): Promise<Store>;
}
