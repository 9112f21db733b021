import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { newSecret, openTimedServer, PASSWORD } from './server.ts';
import { median, quantile } from './statistics.ts';

const PAGE = 50;
/** A page by cursor; a search that looks at everybody. */
const LARGEST_MS = { page: 20, search: 1_000 };
const LARGEST_DELAY_MS = 50;

interface UserPage {
  readonly users: readonly { readonly id: string }[];
  readonly next: string | null;
}

/** Pages and searches of so many users. @returns Whether every user was seen once, in time, with an index for every statement. */
export async function timeUsers(url: string, count: number, say: (line: string) => void): Promise<boolean> {
  const secret = newSecret();
  const admin = await becomeAdmin(url, secret);
  // with no server on it: this process's other connection would wait for itself
  await fill(url, count);
  await using server = await openTimedServer(url, secret);
  const page = async (query: string): Promise<UserPage> => {
    const answer = await server.get(`/v1/admin/users?${query}`, admin);
    if (answer.status !== 200) throw new Error(`${query}: ${answer.status}`);
    return (await answer.json()) as UserPage;
  };
  const time = async (query: string, rounds: number): Promise<number> => {
    const took: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      await page(query);
      took.push(performance.now() - began);
    }
    return median(took);
  };

  const took: number[] = [];
  const seen = new Set<string>();
  let last = '';
  for (let next: string | null = ''; next !== null; ) {
    const began = performance.now();
    const one: UserPage = await page(`limit=200${next === '' ? '' : `&after=${next}`}`);
    took.push(performance.now() - began);
    for (const { id } of one.users) seen.add(id);
    last = one.users.at(0)?.id ?? last;
    next = one.next;
  }
  say(
    `${seen.size} users, page by page (200 each): median ${median(took).toFixed(1)} ms, p99 ${quantile(took, 0.99).toFixed(1)} ms`,
  );
  const first = await time(`limit=${PAGE}`, 20);
  const deep = await time(`limit=${PAGE}&after=${last}`, 20);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const hit = await time(`limit=${PAGE}&search=USER-${count - 1}@`, 5);
  const miss = await time(`limit=${PAGE}&search=nobody-at-all`, 5);
  const role = await time(`limit=${PAGE}&role=auditor`, 5);
  delay.disable();
  const longest = delay.percentile(99) / 1e6;
  say(
    `first page ${first.toFixed(1)} ms, last page ${deep.toFixed(1)} ms (at most ${LARGEST_MS.page}); search that finds the last one ${hit.toFixed(0)} ms, that finds nobody ${miss.toFixed(0)} ms, a role that nobody has ${role.toFixed(0)} ms (at most ${LARGEST_MS.search}); event loop delay meanwhile p99 ${longest.toFixed(1)} ms (at most ${LARGEST_DELAY_MS})`,
  );
  const plans = await explain(url);
  for (const plan of plans) say(`  ${plan}`);
  return (
    seen.size === count &&
    Math.max(first, deep) <= LARGEST_MS.page &&
    Math.max(hit, miss, role) <= LARGEST_MS.search &&
    longest <= LARGEST_DELAY_MS &&
    plans.every(
      (plan) => /users_pkey|sqlite_autoindex_users_1|users_list/.test(plan) && !/\bSCAN users$|Seq Scan/.test(plan),
    )
  );
}

async function becomeAdmin(url: string, secret: string): Promise<string> {
  await using server = await openTimedServer(url, secret);
  const account = { email: 'boss@example.test', password: PASSWORD };
  await server.post('/v1/sign-up', account);
  const signIn = async (): Promise<string> => {
    const answer = await server.post('/v1/sign-in', { ...account, delivery: 'bearer' });
    return ((await answer.json()) as { readonly access_token: string }).access_token;
  };
  await server.post('/v1/admin/claim', { token: server.firstAdminToken, bearer: await signIn() });
  return signIn();
}

const COLUMNS = 'id, email, credential_version, name, roles, created_at, sessions_cutoff, tokens_cutoff';

/** Users until there are so many: ids of the right form, in no order of making. */
async function fill(url: string, count: number): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const database = new DatabaseSync(url.slice('sqlite:'.length));
    database.exec(`
      insert into users (${COLUMNS})
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count - 1})
      select '0' || lower(hex(randomblob(10))) || 'A', 'user-' || i || '@example.test', 1, 'User Number ' || i, '[]', 1767225600000 + i, 0, 0 from n`);
    database.exec('analyze');
    database.close();
    return;
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    insert into users (${COLUMNS})
    select '0' || substr(md5(i::text), 1, 20) || 'A', 'user-' || i || '@example.test', 1, 'User Number ' || i, '[]', 1767225600000 + i, 0, 0
    from generate_series(1, ${count - 1}) as i`);
  await client.query('analyze');
  await client.end();
}

/** How the statements of a list find their rows: a page by cursor, where a slice ends, and a search in a slice. */
async function explain(url: string): Promise<readonly string[]> {
  const statements = [
    `select * from users where id > '08' order by id limit ${PAGE}`,
    `select id from users where id > '08' order by id limit 1 offset 999`,
    `select id from users where id > '08' and id <= '09' and (email like '%nobody%' or lower(name) like '%nobody%') order by id limit ${PAGE}`,
  ];
  if (url.startsWith('sqlite:')) {
    const database = new DatabaseSync(url.slice('sqlite:'.length));
    const plans = statements.map((statement) =>
      database
        .prepare(`explain query plan ${statement}`)
        .all()
        .map(({ detail }) => String(detail))
        .join('; '),
    );
    database.close();
    return plans;
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const plans: string[] = [];
  for (const statement of statements) {
    const { rows } = await client.query<{ readonly 'QUERY PLAN': string }>(`explain (costs off) ${statement}`);
    plans.push(rows.map((row) => row['QUERY PLAN'].trim()).join('; '));
  }
  await client.end();
  return plans;
}
