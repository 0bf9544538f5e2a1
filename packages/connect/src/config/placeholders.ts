import { readFile } from 'node:fs/promises';
import { parseProperties } from '../properties/parse.ts';
import { listOf, type Properties } from './definition.ts';

const placeholder = /\$\{(\w+):(?:([^:}]*):)?([^}]*)\}/g;
const classes: Readonly<Record<string, 'env' | 'file'>> = {
  'org.apache.kafka.common.config.provider.EnvVarConfigProvider': 'env',
  'org.apache.kafka.common.config.provider.FileConfigProvider': 'file',
};

/**
 * Fills `${env:NAME}` and `${file:path:key}` by the providers that the worker names in `config.providers`. What cannot be
 * filled is an error, where Kafka Connect leaves the text: a password would then be the placeholder. Values are never shown.
 */
export async function fillPlaceholders(
  properties: Properties,
  worker: Properties,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly properties: Properties; readonly errors: readonly string[] }> {
  const providers = new Map(
    listOf(worker['config.providers'] ?? '').map((alias) => [
      alias,
      classes[worker[`config.providers.${alias}.class`] ?? ''],
    ]),
  );
  const errors: string[] = [];
  const filled: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties)) {
    let text = value;
    for (const [whole, alias = '', path = '', key = ''] of value.matchAll(placeholder)) {
      const kind = providers.get(alias);
      const found = kind === 'env' ? environment[key] : kind === 'file' ? await fromFile(path, key) : undefined;
      if (found === undefined)
        errors.push(`${name} has ${whole}, which cannot be filled: ${why(alias, kind, path, key)}`);
      else text = text.replace(whole, () => found);
    }
    filled[name] = text;
  }
  return { properties: filled, errors };
}

function why(alias: string, kind: 'env' | 'file' | undefined, path: string, key: string): string {
  if (kind === undefined) return `config.providers of the worker file has no ${alias} of a class that is known`;
  return kind === 'env' ? `the environment has no ${key}` : `${path} cannot be read, or has no ${key}`;
}

async function fromFile(path: string, key: string): Promise<string | undefined> {
  try {
    return parseProperties(await readFile(path)).properties.get(key)?.value;
  } catch {
    return undefined;
  }
}
