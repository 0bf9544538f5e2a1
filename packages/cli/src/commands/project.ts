import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Something that was looked at, and how it is. */
export interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'missing' | 'failed';
  readonly detail: string;
}

/** What is wrong with the project in a folder: versions, packages, and how its types are found. */
export function projectFindings(folder: string): readonly Finding[] {
  const manifest = read(join(folder, 'package.json'));
  if (manifest === undefined)
    return [
      { what: 'project', state: 'missing', detail: `no package.json in ${folder}. Make one here: npm init --yes` },
    ];
  const findings = [...versions(folder), ...notInstalled(folder, manifest), ...compiler(folder)];
  return findings.length > 0 ? findings : [{ what: 'project', state: 'ok', detail: `${folder}, nothing wrong found` }];
}

/** All packages of isostream have one version: others were never tested together. */
function versions(folder: string): readonly Finding[] {
  const modules = join(folder, 'node_modules');
  const scope = join(modules, '@isostream');
  const names = ['isostream', ...(existsSync(scope) ? readdirSync(scope).map((name) => `@isostream/${name}`) : [])];
  const found = new Map<string, string[]>();
  for (const name of names) {
    const version = textOf(read(join(modules, name, 'package.json')), 'version');
    if (version !== undefined) found.set(version, [...(found.get(version) ?? []), name]);
  }
  if (found.size < 2) return [];
  const listed = [...found].map(([version, those]) => `${version} of ${those.join(', ')}`).join('; ');
  const cure = `Install one version of all: npm install ${names.map((name) => `${name}@latest`).join(' ')}`;
  return [{ what: 'versions', state: 'failed', detail: `${listed}. ${cure}` }];
}

/** Packages of isostream that the project names and does not have. */
function notInstalled(folder: string, manifest: object): readonly Finding[] {
  const named = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) => {
    const those: unknown = Reflect.get(manifest, kind);
    return typeof those === 'object' && those !== null ? Object.keys(those) : [];
  });
  const absent = named.filter((name) => /^(?:isostream$|@isostream\/)/.test(name) && !isInstalled(folder, name));
  if (absent.length === 0) return [];
  return [
    {
      what: 'packages',
      state: 'failed',
      detail: `${absent.join(', ')} in package.json, not installed. Run: npm install`,
    },
  ];
}

/** Whether a package can be found from a folder, in its own modules or in those of a folder above. */
export function isInstalled(folder: string, name: string): boolean {
  for (let at = folder; ; at = join(at, '..')) {
    if (existsSync(join(at, 'node_modules', name, 'package.json'))) return true;
    if (at === join(at, '..')) return false;
  }
}

/** Old ways of the compiler to find modules do not know the entries of packages. */
function compiler(folder: string): readonly Finding[] {
  const file = join(folder, 'tsconfig.json');
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const old = /"moduleResolution"\s*:\s*"(node|node10|classic)"/i.exec(text)?.[1];
  if (old === undefined) return [];
  const detail = `moduleResolution "${old}" in tsconfig.json does not find @isostream/core/adapter and the like. Set "module": "nodenext", or "moduleResolution": "bundler"`;
  return [{ what: 'typescript', state: 'failed', detail }];
}

function read(file: string): object | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null ? content : undefined;
  } catch {
    return undefined;
  }
}

function textOf(manifest: object | undefined, name: string): string | undefined {
  const value: unknown = manifest === undefined ? undefined : Reflect.get(manifest, name);
  return typeof value === 'string' ? value : undefined;
}
