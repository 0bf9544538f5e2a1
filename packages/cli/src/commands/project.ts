import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { copies, ourPackages } from './project-copies.ts';
import { type Finding, readObject, textOf } from './project-files.ts';
import { compilerFindings, moduleFindings } from './project-modules.ts';

/** What is wrong with the project in a folder: versions, packages, and how its types are found. */
export function projectFindings(folder: string): readonly Finding[] {
  const manifest = readObject(join(folder, 'package.json'));
  if (manifest === undefined)
    return [
      { what: 'project', state: 'missing', detail: `no package.json in ${folder}. Make one here: npm init --yes` },
    ];
  const findings = [
    ...versions(folder),
    ...copies(folder),
    ...notInstalled(folder, manifest),
    ...moduleFindings(folder, manifest),
    ...compilerFindings(folder),
  ];
  return findings.length > 0 ? findings : [{ what: 'project', state: 'ok', detail: `${folder}, nothing wrong found` }];
}

/** All packages of isostream have one version: others were never tested together. */
function versions(folder: string): readonly Finding[] {
  const modules = join(folder, 'node_modules');
  const names = ourPackages(modules);
  const found = new Map<string, string[]>();
  for (const name of names) {
    const version = textOf(readObject(join(modules, name, 'package.json')), 'version');
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
