import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseProperties } from '../properties/parse.ts';
import { listOf, type Properties } from './definition.ts';

const placeholder = /\$\{(\w+):(?:([^:}]*):)?([^}]*)\}/g;
type Kind = 'env' | 'file' | 'directory';

const classes: Readonly<Record<string, Kind>> = {
  'org.apache.kafka.common.config.provider.EnvVarConfigProvider': 'env',
  'org.apache.kafka.common.config.provider.FileConfigProvider': 'file',
  'org.apache.kafka.common.config.provider.DirectoryConfigProvider': 'directory',
};

/**
 * Fills `${env:NAME}` and `${file:path:key}` by the providers that the worker names in `config.providers`. What cannot be
 * filled is an error, where Kafka Connect leaves the text: a password would then be the placeholder. Values are never shown.
 */
export async function fillPlaceholders(
  properties: Properties,
  worker: Properties,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{
  readonly properties: Properties;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}> {
  const providers = new Map(
    listOf(worker['config.providers'] ?? '').map((alias) => [
      alias,
      classes[worker[`config.providers.${alias}.class`] ?? ''],
    ]),
  );
  const errors: string[] = [];
  const warnings: string[] = [];
  // Where it is used, what it cannot fill is an error.
  for (const [alias, kind] of properties === worker ? providers : [])
    if (kind === undefined)
      warnings.push(
        `config.providers.${alias}.class is ${JSON.stringify(worker[`config.providers.${alias}.class`] ?? '')}, which is not a known class. Use one of: ${Object.keys(classes).join(', ')}`,
      );
  const filled: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties)) {
    let text = value;
    for (const [whole, alias = '', path = '', key = ''] of value.matchAll(placeholder)) {
      const kind = providers.get(alias);
      const found = await lookUp(kind, path, key, environment);
      if (found === undefined)
        errors.push(`${name} has ${whole}, which cannot be filled: ${why(alias, kind, path, key)}`);
      else text = text.replace(whole, () => found);
    }
    filled[name] = text;
  }
  return { properties: filled, errors, warnings };
}

async function lookUp(
  kind: Kind | undefined,
  path: string,
  key: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (kind === undefined) return undefined;
  if (kind === 'env') return environment[key];
  return kind === 'file' ? fromFile(path, key) : fromDirectory(path, key);
}

const shortOf: Readonly<Record<string, string>> = {
  env: 'EnvVar',
  file: 'File',
  dir: 'Directory',
  directory: 'Directory',
};

function why(alias: string, kind: Kind | undefined, path: string, key: string): string {
  if (kind === undefined)
    return `config.providers of the worker file has no ${alias} of a class that is known. Give the worker file config.providers=${alias} and config.providers.${alias}.class=org.apache.kafka.common.config.provider.${shortOf[alias] ?? 'EnvVar'}ConfigProvider`;
  return kind === 'env' ? `the environment has no ${key}` : `${path} cannot be read, or has no ${key}`;
}

/** A file by the name of the key holds the value, as secrets are mounted. */
async function fromDirectory(path: string, key: string): Promise<string | undefined> {
  if (key.includes('/') || key === '..') return undefined;
  try {
    return await readFile(join(path, key), 'utf8');
  } catch {
    return undefined;
  }
}

/** What may start with the sign by itself, and is not to be seen. */
const isSecret = /pass|secret|token|jaas|key|user\.info/i;

/** What looks like a placeholder, or like quotes that are none, and is text in Kafka Connect as well. */
export function textTraps(properties: Properties): string[] {
  return Object.entries(properties).flatMap(([name, value]) => {
    const text = value.trim();
    const [whole, braced, bare] = /\$\{([A-Z_][A-Z\d_]*)\}|^\$([A-Z_][A-Z\d_]*)$/.exec(text) ?? [];
    if (whole !== undefined)
      return [
        `${name} has ${braced === undefined && isSecret.test(name) ? 'text as $NAME' : whole}, which stays as it is, as in Kafka Connect. Write \${env:${braced ?? (isSecret.test(name) ? 'NAME' : bare)}}, with config.providers=env in the worker file`,
      ];
    const isQuoted = /^"[^"]*"$/.test(text) || (/^'[^']*'$/.test(text) && !/\.(?:format|replacement)$/.test(name));
    return isQuoted
      ? [`${name} has quotes around its value, which are part of it, as in Kafka Connect. Leave them out`]
      : [];
  });
}

async function fromFile(path: string, key: string): Promise<string | undefined> {
  try {
    return parseProperties(await readFile(path)).properties.get(key)?.value;
  } catch {
    return undefined;
  }
}
