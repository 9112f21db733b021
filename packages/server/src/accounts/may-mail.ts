import type { ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';

/** Whether an address may get another mail now; asked where a refusal would tell who has an account. */
export async function mayMail({ limits }: ServerContext, address: string): Promise<boolean> {
  try {
    await limits.countMail(address, undefined);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'request/too-many') return false;
    throw error;
  }
}
