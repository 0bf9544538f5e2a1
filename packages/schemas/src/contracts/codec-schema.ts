/** A schema that a codec writes with, as contracts keep it. */
export type CodecSchema =
  | { readonly kind: 'avro'; readonly schema: unknown; readonly references?: readonly unknown[] }
  | {
      readonly kind: 'protobuf';
      readonly text: string;
      readonly message: string;
      readonly imports?: readonly string[];
      /** Whether events say which message they are, as those of a registry do. */
      readonly named?: true;
    }
  | { readonly kind: 'json-schema'; readonly schema: unknown; readonly references?: readonly unknown[] };

/** Of what a contract holds; `undefined` for the schema of another codec. */
export function codecSchemaOf(value: unknown): CodecSchema | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, schema, references, text, message, imports, named }: Partial<Record<string, unknown>> = { ...value };
  if (kind === 'avro' || kind === 'json-schema')
    return {
      kind,
      schema,
      ...(Array.isArray(references) ? { references: references.map((one: unknown) => one) } : {}),
    };
  if (kind !== 'protobuf' || typeof text !== 'string' || typeof message !== 'string') return undefined;
  return {
    kind,
    text,
    message,
    ...(Array.isArray(imports) ? { imports: imports.map(String) } : {}),
    ...(named === true ? { named } : {}),
  };
}
