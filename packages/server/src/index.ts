export { normalizeEmail } from './accounts/email.ts';
export { LOCALES, type Mail } from './accounts/mail/mail.ts';
export type { SendMail } from './accounts/mail/mailer.ts';
export { parseRoles } from './accounts/roles.ts';
export { ClockOff, LARGEST_SKEW_SECONDS } from './clock-check.ts';
export type {
  AccessTokenSubject,
  ExtraClaims,
  Hooks,
  SignInEvent,
  SignUpAttempt,
  SignUpVerdict,
} from './hooks.ts';
export { type KeyListing, type Keyring, type KeyringOptions, openKeyring } from './keys/keyring.ts';
export { BackupRefused, backupSqlite, type RestoreOptions, restoreSqlite } from './maintenance/backup.ts';
export { type Examination, type Maintenance, openMaintenance } from './maintenance/maintenance.ts';
export type { LogEntry, ServerOptions } from './options.ts';
export type { Logo, PageOptions } from './pages/page-options.ts';
export type { Theme } from './pages/theme.ts';
export { PROBLEMS, type ProblemCode } from './problem.ts';
export type { IntrospectionClient, Resource, TokenEncryption } from './resource-options.ts';
export type { ConnectedVerifier } from './revocations/connected-verifiers.ts';
export { type AuthorizationServer, createServer, type RequestInfo } from './server.ts';
export { SOCIAL_OPTION_ERRORS, SocialMisconfigured, type SocialOptionErrorCode } from './social/misconfigured.ts';
export type { SocialOptions } from './social/options.ts';
export type { UpstreamTokens } from './social/provider.ts';
export type { Database } from './stores/database.ts';
export { type DatabaseAddress, databaseFromUrl, parseDatabaseUrl } from './stores/database-from-url.ts';
export { postgres } from './stores/postgres.ts';
export { type PlannedStep, SchemaMismatch, type SchemaState } from './stores/schema.ts';
export type { SecretStatus } from './stores/secret-store.ts';
export { sqlite } from './stores/sqlite.ts';
export { StoreFailed, type StoreOptions } from './stores/store.ts';
