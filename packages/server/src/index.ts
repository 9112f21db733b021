export type { LogEntry, Resource, ServerOptions } from './options.ts';
export { PROBLEMS, type ProblemCode } from './problem.ts';
export { type AuthorizationServer, createServer, type RequestInfo } from './server.ts';
export type { Database } from './stores/database.ts';
export { databaseFromUrl } from './stores/database-from-url.ts';
export { postgres } from './stores/postgres.ts';
export { sqlite } from './stores/sqlite.ts';
export { StoreFailed, type StoreOptions } from './stores/store.ts';
