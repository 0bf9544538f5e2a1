import type { Logical } from './logical.ts';

/** A parsed Avro schema; named types are shared objects, so that recursion ends. */
export type Avro =
  | { readonly kind: 'primitive'; readonly name: Primitive; readonly logical: Logical | undefined }
  | { readonly kind: 'union'; readonly branches: readonly Avro[] }
  | { readonly kind: 'array' | 'map'; readonly items: Avro }
  | Named;

export type Primitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

export type Named = {
  readonly name: string;
  readonly aliases: readonly string[];
} & (
  | { readonly kind: 'record'; fields: readonly Field[] }
  | { readonly kind: 'enum'; readonly symbols: readonly string[]; readonly fallback: string | undefined }
  | { readonly kind: 'fixed'; readonly size: number; readonly logical: Logical | undefined }
);

export interface Field {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly hasDefault: boolean;
  /** Whether the default is that of another branch of its union than the first, which readers before Avro 1.12 refuse. */
  readonly isLateDefault: boolean;
  readonly type: Avro;
}

/** The last part of a full name: what resolution compares. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
