/** What a command needs of the process it runs in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream & { readonly fd: number };
  /** Calls back for each request to stop (SIGINT, SIGTERM). */
  onStop(listener: () => void): void;
}
