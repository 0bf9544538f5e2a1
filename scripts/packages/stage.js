import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { publishedPackages } from '../published-packages.js';

/** Where a package lies as it is published, in its own folder; `publishConfig.directory` tells changesets. */
const staged = '.package';

/** Programs whose workers are files that they start by name. */
const keepFiles = ['@isostream/conformance'];

/**
 * Writes every package as it is published, with the modules of `dist` joined to one file for each entry and one for what entries
 * share (docs/decisions/0052). The workspace itself runs from the files of the compiler.
 */
export async function stage() {
  const packages = await publishedPackages();
  for (const { folder, manifest } of packages) {
    const target = join(folder, staged);
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    // npm leaves out what `files` excludes when it packs this.
    const files = ['README.md', 'LICENSE', ...manifest.files.filter((name) => !name.startsWith('!'))];
    for (const name of files.filter((each) => existsSync(join(folder, each))))
      await cp(join(folder, name), join(target, name), { recursive: true });
    await dropStale(folder, target);
    if (!keepFiles.includes(manifest.name)) await bundle(folder, manifest);
    await writeFile(join(target, 'package.json'), `${JSON.stringify(asPublished(manifest), undefined, 2)}\n`);
  }
  return packages.map(({ folder, manifest }) => ({ folder: join(folder, staged), manifest }));
}

/** What the compiler wrote for sources that are gone since. */
async function dropStale(folder, target) {
  for (const file of await readdir(join(target, 'dist'), { recursive: true })) {
    const [, module] = /^((?!page).*?)\.(?:d\.ts|js)(?:\.map)?$/.exec(file) ?? [];
    if (module !== undefined && !existsSync(join(folder, 'src', `${module}.ts`))) await rm(join(target, 'dist', file));
  }
}

/** Without what only this repository uses. */
function asPublished(manifest) {
  const entries = Object.entries(manifest.exports ?? {}).map(([name, entry]) => [
    name,
    typeof entry === 'string' ? entry : without(entry, ['@isostream/source']),
  ]);
  const published = without(manifest, ['devDependencies', 'publishConfig']);
  return entries.length === 0 ? published : { ...published, exports: Object.fromEntries(entries) };
}

function without(object, names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

async function bundle(home, manifest) {
  const input = await entriesOf(home, manifest);
  const dist = join(home, staged, 'dist');
  const files = await readdir(dist, { recursive: true });
  const isOurs = (file) => /\.js(?:\.map)?$/.test(file) && !file.startsWith('page/');
  await Promise.all(files.filter(isOurs).map((file) => rm(join(dist, file))));
  const build = await rolldown({
    input,
    platform: 'node',
    // Everything that is not a file of this package.
    external: (name) => !/^[./]/.test(name),
    // A module may be there for what it does: nothing is dropped, nothing is renamed, the order of evaluation stays.
    treeshake: false,
    plugins: [withMap],
    onLog: (level, log) => {
      throw new Error(`${manifest.name}: ${log.message}`, { cause: log });
    },
  });
  await build.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    // The sources are in the package.
    sourcemapExcludeSources: true,
    // The modules are read from the folder above.
    sourcemapPathTransform: (source) => source.replace('../', ''),
    minify: false,
    entryFileNames: '[name].js',
    // Beside the entries, so that what is found beside a module of `src` is found beside these.
    chunkFileNames: ({ isDynamicEntry }) => (isDynamicEntry ? '[name]-[hash].js' : 'shared-[hash].js'),
  });
  await build.close();
}

/** The files that `exports` and commands name, by their name in `dist`. */
async function entriesOf(home, { exports = {}, bin = {} }) {
  const named = Object.values(exports).map((entry) => (typeof entry === 'string' ? entry : entry.default));
  const targets = named.filter((target) => target.endsWith('.js'));
  for (const file of Object.values(bin)) {
    const text = await readFile(join(home, file), 'utf8');
    targets.push(...[...text.matchAll(/'\.\.(\/dist\/[^']+\.js)'/g)].map(([, path]) => `.${path}`));
  }
  return Object.fromEntries(
    targets.map((target) => [target.replace(/^\.\/dist\/(.*)\.js$/, '$1'), join(home, target)]),
  );
}

/** Maps lead to the TypeScript sources, through what the compiler wrote. */
const withMap = {
  name: 'with-map',
  async load(id) {
    if (!id.endsWith('.js')) return undefined;
    const [code, map] = await Promise.all([readFile(id, 'utf8'), readFile(`${id}.map`, 'utf8')]);
    return { code: code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map: JSON.parse(map) };
  },
};
