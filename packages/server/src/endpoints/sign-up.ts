import { z } from 'zod';
import { readBody } from '../checks/body.ts';
import type { ServerContext } from '../context.ts';
import { email, newPassword } from './members.ts';

const BODY = z.strictObject({ email, password: newPassword, name: z.string().trim().min(1).max(100).optional() });

/** `POST /v1/sign-up`: the same answer after the same work, whether the address is new or known. docs/adr/0006 */
export async function signUp(context: ServerContext, request: Request): Promise<Response> {
  const body = await readBody(request, BODY);
  // hashed before it is known whether the account can be made: the time doesn't tell
  const passwordHash = await context.passwords.hash(body.password);
  const made = await context.store.createUser({ email: body.email, passwordHash, name: body.name });
  context.settings.log(
    made.status === 'created'
      ? { level: 'info', event: 'sign-up.accepted', user: made.user.id }
      : { level: 'info', event: 'sign-up.known-address' },
  );
  return Response.json({ email: body.email }, { status: 201 });
}
