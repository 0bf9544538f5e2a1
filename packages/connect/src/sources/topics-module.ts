import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Topic } from '@isostream/core';
import { messageOf } from '@isostream/core/adapter';
import { ConfigError } from '../config/definition.ts';

/** The topics that a module exports, of these names or all. Rejects with {@link ConfigError} where it has none. */
export async function topicsOf(module: string, names: readonly string[]): Promise<readonly Topic[]> {
  let exported: unknown;
  try {
    exported = await import(pathToFileURL(resolve(module)).href);
  } catch (cause) {
    const hint = /\.[mc]?tsx?$/.test(module)
      ? ". Where Node.js cannot load TypeScript (before 22.18, or enums): npm install --save-dev tsx, and set NODE_OPTIONS='--import tsx'. Or give the built file"
      : '';
    throw new ConfigError(`topics.module cannot be loaded: ${messageOf(cause)}${hint}`, { cause });
  }
  const topics = Object.values(exported ?? {}).flatMap((value: unknown) => (isTopic(value) ? [value] : []));
  if (topics.length === 0)
    throw new ConfigError(
      `topics.module is ${module}, which exports no topic with event types. Export what defineTopic returns`,
    );
  const missing = names.filter((name) => !topics.some((topic) => topic.name === name));
  if (missing.length > 0)
    throw new ConfigError(`topics.module is ${module}, which exports no topic ${missing.join(', ')} with event types`);
  return names.length === 0 ? topics : topics.filter(({ name }) => names.includes(name));
}

/** Not a raw one: an outbox holds events of types. */
function isTopic(value: unknown): value is Topic {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'events' in value &&
    typeof value.events === 'object' &&
    'key' in value
  );
}
