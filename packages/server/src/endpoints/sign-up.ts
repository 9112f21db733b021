import { z } from 'zod';
import { readBody } from '../checks/body.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { EMAIL } from './answers.ts';
import { email, line, newPassword } from './members.ts';
import type { Operation } from './operation.ts';

const BODY = z.strictObject({ email, password: newPassword, name: line(100).optional() });

/** `POST /v1/sign-up`: the same answer after the same work, whether the address is new or known. docs/adr/0006 */
export const signUp: Operation = {
  summary: 'Make an account',
  body: { schema: BODY },
  answers: { 201: EMAIL },
  refusals: ['request/too-many', 'account/password-known', 'account/password-weak'],
  run: answerSignUp,
};

async function answerSignUp(context: ServerContext, request: Request, { ip }: RequestScope): Promise<Response> {
  const body = await readBody(request, BODY);
  await context.limits.countSignUp(ip);
  await context.passwordPolicy.check(body.password, [body.email, body.name]);
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
