import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, { readonly types?: string } | string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const packages = [
  ...['packages', 'adapters'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)),
  'conformance-tests',
]
  .map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest,
  }))
  .filter(({ manifest }) => manifest.private !== true);

/** Names that Node's types define, and no language library without them or the browser's. */
const ofNode = /\b(?:Buffer|NodeJS\.|AbortSignal|AbortController|AsyncDisposable)\b/;

/** Packages that the types of a package are made from, as far as a program sees them. */
function needed(folder: string, { exports: entries = {} }: Manifest): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    if (ofNode.test(text)) found.add('@types/node');
    for (const [, target = ''] of text.matchAll(/(?<!['"])\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      if (target.startsWith('.')) visit(join(dirname(file), target.replace(/\.(?:js|ts)$/, '.d.ts')));
      else if (target.startsWith('node:')) found.add('@types/node');
      else found.add(/^(?:@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target);
    }
  };
  for (const entry of Object.values(entries))
    if (typeof entry === 'object' && entry.types !== undefined) visit(join(root, folder, entry.types));
  return found;
}

describe('the types of every package that is published', () => {
  it.each(packages)('need nothing that $folder does not declare', ({ folder, manifest }) => {
    const declared = new Set([
      manifest.name,
      ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    ]);
    const undeclared = [...needed(folder, manifest)].filter(
      (name) => !declared.has(name) && !declared.has(`@types/${name}`),
    );
    expect(undeclared).toEqual([]);
  });

  it('are seen: types of Node are found where they are used', () => {
    expect(existsSync(join(root, 'adapters/kafka/dist/index.d.ts'))).toBe(true);
    const kafka = packages.find(({ folder }) => folder === 'adapters/kafka');
    expect(kafka === undefined ? [] : [...needed(kafka.folder, kafka.manifest)]).toContain('@types/node');
  });
});
