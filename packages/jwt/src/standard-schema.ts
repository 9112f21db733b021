/** The part of Standard Schema 1 that is asked for: zod, valibot, arktype and others have it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** What a schema says of a value: what it makes of it, or the name of the member at fault. */
export type SchemaVerdict<Output> =
  | { readonly good: true; readonly value: Output }
  | { readonly good: false; readonly member: string | undefined };

/** Asks a schema. @throws {TypeError} for one that doesn't answer at once. */
export function judgeBySchema<Output>(schema: StandardSchema<unknown, Output>, value: unknown): SchemaVerdict<Output> {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) throw new TypeError('claims must be a schema that answers at once');
  if (result.issues === undefined) return { good: true, value: result.value };
  const first = result.issues[0]?.path?.[0];
  const key = typeof first === 'object' ? first.key : first;
  return { good: false, member: typeof key === 'string' ? key : undefined };
}

/** @throws {TypeError} for a value that is no schema. */
export function schemaOption<Input, Output>(
  schema: StandardSchema<Input, Output> | undefined,
): StandardSchema<Input, Output> | undefined {
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function')
    throw new TypeError('claims must be a Standard Schema');
  return schema;
}
