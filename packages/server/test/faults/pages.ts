import { FormVisitor } from '../../../../tests/support/form-visitor.ts';
import type { Faulted } from './every-call.ts';
import { type FaultWorld, ISSUER, PASSWORD } from './world.ts';

type Fields = Readonly<Record<string, string>>;

/** A page that is looked at by whoever is signed in. */
function look(path: string): Faulted {
  return {
    status: 200,
    async prepare(world) {
      const { visitor, caught } = await visit(world);
      await visitor.get(path);
      return caught();
    },
  };
}

/** A form that is filled in, by somebody signed in or by nobody in particular. */
function send(
  path: string,
  fields: (email: string) => Fields,
  more: Partial<Faulted> & { readonly signedOut?: true } = {},
): Faulted {
  const { signedOut, ...rest } = more;
  return {
    status: 303,
    ...rest,
    async prepare(world) {
      const { visitor, email, caught } = await visit(world, signedOut);
      await visitor.submit(path, fields(email));
      return caught();
    },
  };
}

/** Somebody with a browser, whose last request is caught instead of answered: it is the one that is tried. */
async function visit(world: FaultWorld, signedOut?: true) {
  const { user, refreshToken } = await world.person('cookie');
  let last: Request | undefined;
  const visitor = new FormVisitor({
    issuer: ISSUER,
    server: {
      async fetch(request, about) {
        last = request.clone() as Request;
        // the page with the form is answered, since its hidden token is needed
        return request.method === 'GET' ? world.server.fetch(request, about) : new Response(null);
      },
    },
  });
  if (signedOut !== true) visitor.cookies.set('__Host-mapae-refresh', refreshToken);
  await visitor.get('/sign-in');
  return {
    visitor,
    email: user.email,
    caught(): () => Request {
      const request = last;
      if (request === undefined) throw new Error('unreachable: something was asked for');
      return () => request.clone() as Request;
    },
  };
}

let addresses = 0;

/** Pages and their forms. Each shows the database's absence as a page of 503, and does its work whole or not at all. */
export const FAULTED_PAGES: Readonly<Record<string, Faulted>> = {
  'GET /account': look('/account'),
  'GET /account/devices': look('/account/devices'),
  'GET /account/security': look('/account/security'),
  'GET /account/activity': look('/account/activity'),
  'POST /forgot, a form': send('/forgot', (email) => ({ email }), { signedOut: true, anew: true }),
  'POST /account, a form': send('/account', () => ({ do: 'save', name: 'Kim', locale: 'ko' })),
  'POST /account/devices, a form': send('/account/devices', () => ({ do: 'everywhere' })),
  'POST /sign-out, a form': send('/sign-out', () => ({})),
  'POST /sign-in, a form': send('/sign-in', (email) => ({ email, password: PASSWORD }), {
    signedOut: true,
    anew: true,
  }),
  'POST /sign-up, a form': send(
    '/sign-up',
    () => {
      addresses += 1;
      return { email: `page${addresses}@example.test`, password: PASSWORD, name: '' };
    },
    { signedOut: true, anew: true },
  ),
  'POST /account/security, a form': send(
    '/account/security',
    () => ({ do: 'password', password: PASSWORD, new_password: 'another horse and battery' }),
    { anew: true },
  ),
};
