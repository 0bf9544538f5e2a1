import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly publishConfig?: unknown;
}

const packages = [
  ...['packages', 'adapters'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)),
  'conformance-tests',
]
  .filter((folder) => existsSync(join(root, folder, 'package.json')))
  .map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest,
  }))
  .filter(({ manifest }) => manifest.private !== true);

/** Paths beside a module, from where it is: joined, it lies at the root of `dist`. */
function besideItself(file: string, text: string): readonly string[] {
  if (!file.includes('/')) return [];
  return [...text.matchAll(/new URL\(\s*['"`][^'"`]*['"`],\s*import\.meta\.url/g)].map(
    ([found]) => `${file}: ${found}`,
  );
}

it('every package is published from where its modules are joined', () => {
  expect(packages.length).toBeGreaterThan(20);
  expect(
    packages.filter(
      ({ manifest }) => JSON.stringify(manifest.publishConfig) !== JSON.stringify({ directory: '.package' }),
    ),
  ).toEqual([]);
});

it('a module that looks for files beside itself lies where it will lie when it is joined', () => {
  const joined = packages.filter(({ manifest }) => manifest.name !== '@isostream/conformance');
  const found = joined.flatMap(({ folder }) =>
    readdirSync(join(root, folder, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => besideItself(file, readFileSync(join(root, folder, 'src', file), 'utf8'))),
  );
  expect(found).toEqual([]);
  expect(besideItself('commands/run.ts', "new URL('../../package.json', import.meta.url)")).toHaveLength(1);
});

it('a release joins before it publishes', () => {
  const release = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
  expect(release.indexOf('node scripts/stage.js')).toBeGreaterThan(0);
  expect(release.indexOf('node scripts/stage.js')).toBeLessThan(release.indexOf('changeset publish'));
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly release: string };
  };
  expect(scripts.release).toContain('node scripts/stage.js && changeset publish');
});
