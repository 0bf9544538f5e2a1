import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Topic } from 'isostream';
import { usage } from './client.ts';

/** The topics that a module exports. Throws `invalid-config` where it cannot be loaded, or has none. */
export async function topicsOf(module: string): Promise<readonly Topic[]> {
  let exported: unknown;
  try {
    exported = await import(pathToFileURL(resolve(module)).href);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it threw';
    const hint = /\.[mc]?tsx?$/.test(module) ? '. Node.js before 22.18 takes only JavaScript: give the built file' : '';
    throw usage(`cannot load ${module}: ${why}${hint}`);
  }
  const topics = Object.values(exported ?? {}).flatMap((value: unknown) => (isTopic(value) ? [value] : []));
  if (topics.length === 0) throw usage(`${module} exports no topic. Export what defineTopic returns`);
  return [...new Set(topics)];
}

function isTopic(value: unknown): value is Topic {
  return typeof value === 'object' && value !== null && 'name' in value && 'events' in value && 'key' in value;
}
