import type { Context } from './context.ts';
import { readInstant } from './instant.ts';
import { readSchema } from './schema.ts';
import type { Store } from './store.ts';

export function state(context: Context): Pick<Store, 'readState' | 'changedSince' | 'isSchemaUsable'> {
  let seen: string | undefined;
  return {
    async readState() {
      const { now, epoch, number } = await readInstant(context, context.db);
      return { now, epoch, number };
    },

    async changedSince() {
      const version = await context.dialect.version(context.db);
      const changed = version !== seen;
      seen = version;
      return changed;
    },

    async isSchemaUsable() {
      return (await readSchema(context.db, context.dialect)).usable;
    },
  };
}
