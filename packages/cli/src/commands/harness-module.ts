import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { completeHarness, type Harness, type MinimalHarness, type Scenario } from '@isostream/conformance';
import { usage } from '../client.ts';

/** The harness that a module of the user exports: as its default, or what its default function returns. */
export async function harnessFrom(file: string): Promise<Harness> {
  let module: unknown;
  try {
    module = await import(pathToFileURL(resolve(file)).href);
  } catch (cause) {
    throw usage(`${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const exported: unknown =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  const made: unknown = isMaker(exported) ? await exported() : exported;
  if (isMinimal(made)) return completeHarness(made);
  throw usage(
    `${file} does not export a harness. Export as default { name, sessionTimeoutMs, createAdapter }, or a function that returns it; docs/adapters.md has a template`,
  );
}

function isMaker(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

function isMinimal(value: unknown): value is MinimalHarness {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'sessionTimeoutMs' in value &&
    typeof value.sessionTimeoutMs === 'number' &&
    'createAdapter' in value &&
    typeof value.createAdapter === 'function'
  );
}

/** Scenarios that are known to fail, each with the reason. */
export async function expectedFailures(
  file: string | undefined,
  scenarios: readonly Scenario[],
): Promise<ReadonlyMap<string, string>> {
  if (file === undefined) return new Map();
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw usage(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw usage(`${file} is not a JSON object of scenario ids and reasons`);
  const expected = new Map<string, string>();
  for (const [id, reason] of Object.entries(content)) {
    if (!scenarios.some((scenario) => scenario.id === id))
      throw usage(`${file} names ${id}, which is not a scenario. Write whole ids: key-order/ordering-none`);
    if (typeof reason !== 'string' || reason.trim() === '') throw usage(`${file} gives no reason for ${id}`);
    expected.set(id, reason);
  }
  return expected;
}
