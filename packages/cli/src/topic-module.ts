import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Topic } from 'isostream';
import { usage } from './client.ts';

/** The topics that a module exports. Throws `invalid-config` where it cannot be loaded, or has none. */
export async function topicsOf(module: string): Promise<readonly Topic[]> {
  if (!existsSync(module))
    throw usage(
      `cannot load ${module}: there is no such file here. Give the module that exports topics, such as dist/topics.js`,
    );
  let exported: unknown;
  try {
    exported = await import(pathToFileURL(resolve(module)).href);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it threw';
    const hint = /\.[mc]?tsx?$/.test(module)
      ? ". Where Node.js cannot load TypeScript (before 22.18, or enums): npm install --save-dev tsx, and set NODE_OPTIONS='--import tsx'. Or give the built file"
      : '';
    throw usage(`cannot load ${module}: ${why}${hint}`);
  }
  const topics = Object.values(exported ?? {}).flatMap((value: unknown) => (isTopic(value) ? [value] : []));
  if (topics.length === 0) throw usage(`${module} exports no topic. Export what defineTopic returns`);
  return [...new Set(topics)];
}

function isTopic(value: unknown): value is Topic {
  return typeof value === 'object' && value !== null && 'name' in value && 'events' in value && 'key' in value;
}
