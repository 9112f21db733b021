export { CliError, EXIT, reportFailure, systemCode } from './failure.ts';
export { type Listening, listen } from './listen.ts';
export { type ApiSetting, defineConfig, type Settings } from './settings.ts';
