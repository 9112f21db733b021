/** What a command needs of the process it runs in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output & { readonly fd: number; readonly isTTY?: boolean };
  /** Calls back for each request to stop (SIGINT, SIGTERM). */
  onStop(listener: () => void): void;
}

/** Where a command writes. */
export interface Output {
  write(text: string): unknown;
}
