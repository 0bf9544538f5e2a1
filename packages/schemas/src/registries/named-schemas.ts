import type { DataAbout, ErrorCode } from '@isostream/core';
import type { Asked } from './asked.ts';
import { nameFor, pinnedId, type SchemaChoice, type SchemaNaming } from './naming.ts';
import { type RegisteredSchema, unlessAbsent, type WrittenSchema } from './registry.ts';

/** What a registry is asked for the schema to write with. */
export interface Questions<Id> {
  readonly asked: Asked;
  readonly schemas: SchemaChoice<Id> | undefined;
  readonly naming: SchemaNaming;
  /** What the registry's own clients add to the name of a topic. */
  readonly suffix?: string;
  /** Throws `unsupported` for what the registry cannot keep. */
  requireWritable?(schema: WrittenSchema): void;
  byId(id: Id, missing: ErrorCode): Promise<RegisteredSchema>;
  latest(name: string, missing: ErrorCode): Promise<RegisteredSchema>;
  register(name: string, schema: WrittenSchema): Promise<RegisteredSchema>;
  /** What a schema has only if it is asked for, and writing needs. */
  readonly complete?: (schema: RegisteredSchema) => Promise<RegisteredSchema>;
}

/** The schema that an event is written with: the one that is pinned, the latest of its name, or its own, which is registered. */
export class NamedSchemas<Id extends number | string> {
  readonly #questions: Questions<Id>;

  constructor(questions: Questions<Id>) {
    this.#questions = questions;
  }

  writing(schema: WrittenSchema, about: DataAbout): RegisteredSchema | Promise<RegisteredSchema> {
    const { schemas = 'register', ...registry } = this.#questions;
    registry.requireWritable?.(schema);
    if (typeof schemas === 'object') {
      const id = pinnedId(schemas.ids, about);
      return this.#once(['pinned', id], () => registry.byId(id, 'invalid-config'));
    }
    const name = this.#nameOf(schema, about);
    return schemas === 'latest'
      ? this.#once(['latest', name], () => registry.latest(name, 'invalid-config'))
      : this.#once([name, schema.text, schema.references], () => registry.register(name, schema));
  }

  /** Registers nothing, and asks each time. */
  newest(schema: WrittenSchema, about: DataAbout): Promise<RegisteredSchema | undefined> {
    // What can never be written is not just absent.
    this.#questions.requireWritable?.(schema);
    const name = this.#nameOf(schema, about);
    return unlessAbsent(() => this.#questions.latest(name, 'undecodable'));
  }

  #nameOf(schema: WrittenSchema, about: DataAbout): string {
    const { naming, suffix = '' } = this.#questions;
    return nameFor(naming, schema, about, suffix);
  }

  #once(question: readonly unknown[], ask: () => Promise<RegisteredSchema>) {
    const { asked, complete } = this.#questions;
    return asked.once(JSON.stringify(question), async () => {
      const schema = await ask();
      return complete === undefined ? schema : complete(schema);
    });
  }
}
