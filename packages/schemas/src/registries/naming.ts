import { type DataAbout, StreamError } from '@isostream/core';
import type { WrittenSchema } from './registry.ts';

/** Under which name a schema is registered: by its topic, by its own full name, by both, or by what a function says. */
export type SchemaNaming = 'topic' | 'record' | 'topic-record' | ((schema: WrittenSchema, about: DataAbout) => string);

/** The schema to write with: register the topic's own one, use the latest of its name, or the one of this id for each event type. */
export type SchemaChoice<Id> = 'register' | 'latest' | { readonly ids: Readonly<Record<string, Id>> };

const namings: readonly unknown[] = ['topic', 'record', 'topic-record'];

/** The name, with what the registry's own clients add to that of a topic. Throws `invalid-config` for what is not a name. */
export function nameFor(naming: SchemaNaming, schema: WrittenSchema, about: DataAbout, suffix: string): string {
  if (typeof naming === 'function') {
    const name: unknown = naming(schema, about);
    if (typeof name === 'string' && name !== '') return name;
    throw refused(`the function for the name of a schema gave ${typeof name}. Return its name as text`);
  }
  if (naming === 'topic') return about.topic + suffix;
  const name = schema.name ?? about.type;
  return naming === 'record' ? name : `${about.topic}-${name}`;
}

/** The id that an event of this type is to be written with. Throws `invalid-config` where there is none. */
export function pinnedId<Id>(ids: Readonly<Record<string, Id>>, { type }: DataAbout): Id {
  const id = Object.hasOwn(ids, type) ? ids[type] : undefined;
  if (id !== undefined) return id;
  throw refused(`schemas.ids has no id for the event type ${JSON.stringify(type)}. Add it`);
}

/** Throws `invalid-config` for whatever a program without types may give. */
export function checkChoice(naming: unknown, name: string, schemas: unknown, isId: (id: unknown) => boolean): void {
  if (naming !== undefined && typeof naming !== 'function' && !namings.includes(naming))
    throw refused(`${name} is not one of 'topic', 'record', 'topic-record', or a function`);
  if (schemas === undefined || schemas === 'register' || schemas === 'latest') return;
  const ids: unknown = typeof schemas === 'object' && schemas !== null && 'ids' in schemas ? schemas.ids : undefined;
  if (typeof ids !== 'object' || ids === null)
    throw refused("schemas is not one of 'register', 'latest', or { ids: { <event type>: <id> } }");
  for (const [type, id] of Object.entries(ids))
    if (!isId(id)) throw refused(`schemas.ids.${type} is not the id of a schema of this registry`);
}

function refused(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'registry' });
}
