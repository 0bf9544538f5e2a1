import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Finding, readObject, textOf } from './project-files.ts';

const core = '@isostream/core';

/** A second copy of the core inside of another package: its topics and errors are strangers to those of the first. */
export function copies(folder: string): readonly Finding[] {
  const found = coresIn(folder);
  if (found.length < 2) return [];
  const listed = found.map(({ place, version }) => `${version} in ${relative(folder, place)}`).join(', ');
  const cure = 'Give all packages of isostream one version in package.json, then run: npm dedupe';
  return [{ what: 'copies', state: 'failed', detail: `${found.length} of ${core}: ${listed}. ${cure}` }];
}

/** In the modules of the project and in those of its packages of isostream, and theirs. */
function coresIn(folder: string): readonly { readonly place: string; readonly version: string }[] {
  const modules = join(folder, 'node_modules');
  const own = join(modules, core);
  const version = textOf(readObject(join(own, 'package.json')), 'version');
  const here = version === undefined ? [] : [{ place: own, version }];
  return [...here, ...ourPackages(modules).flatMap((name) => coresIn(join(modules, name)))];
}

/** The packages of isostream in a folder of modules. */
export function ourPackages(modules: string): readonly string[] {
  const scope = join(modules, '@isostream');
  const names = ['isostream', ...(existsSync(scope) ? readdirSync(scope).map((name) => `@isostream/${name}`) : [])];
  return names.filter((name) => existsSync(join(modules, name, 'package.json')));
}
