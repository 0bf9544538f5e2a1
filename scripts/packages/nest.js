import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npm, run } from './run.js';

const tests = 'packages/nestjs/test';
const scoped = /^@nestjs\//;

/** The tests of `@isostream/nestjs` against the package as it is published, on each version of Nest that it supports. */
export async function nest({ folder: root, packed, isQuick, check }) {
  if (isQuick) return;
  const files = Object.fromEntries(packed.map(({ name, file }) => [name, `file:${file}`]));
  const { devDependencies: own } = JSON.parse(await readFile('packages/nestjs/package.json', 'utf8'));
  const { devDependencies: shared } = JSON.parse(await readFile('package.json', 'utf8'));
  for (const version of ['11', '12'])
    await check(`the tests of @isostream/nestjs on Nest ${version}`, async () => {
      const home = join(root, `nest-${version}`);
      await mkdir(home, { recursive: true });
      const isNest = Object.entries(own).map(([name, range]) => [name, scoped.test(name) ? `^${version}.0.0` : range]);
      const manifest = {
        private: true,
        type: 'module',
        dependencies: {
          ...Object.fromEntries(isNest),
          vitest: shared.vitest,
          '@types/node': shared['@types/node'],
          '@isostream/nestjs': '',
          isostream: '',
        },
        overrides: files,
      };
      for (const name of Object.keys(manifest.dependencies))
        manifest.dependencies[name] = files[name] ?? manifest.dependencies[name];
      await writeFile(join(home, 'package.json'), JSON.stringify(manifest, undefined, 2));
      await npm(home, ['install']);
      for (const name of (await readdir(tests)).filter(
        (each) => each.endsWith('.test.ts') && each !== 'group.test.ts',
      )) {
        const text = await readFile(join(tests, name), 'utf8');
        const asUser = text.replaceAll(
          /'\.\.\/src\/(\w+)\.ts'/g,
          (_, entry) => `'@isostream/nestjs${entry === 'index' ? '' : `/${entry}`}'`,
        );
        await writeFile(join(home, name), asUser);
      }
      const options = { compilerOptions: { experimentalDecorators: true, target: 'es2022', module: 'nodenext' } };
      await writeFile(join(home, 'tsconfig.json'), JSON.stringify(options));
      const { version: installed } = JSON.parse(
        await readFile(join(home, 'node_modules/@nestjs/core/package.json'), 'utf8'),
      );
      if (!installed.startsWith(`${version}.`)) throw new Error(`Nest ${installed} is installed`);
      const said = await run('npx', ['--no-install', 'vitest', 'run'], { cwd: home, env: { NO_COLOR: '1' } });
      return `${installed}, ${/Tests +(.*)/.exec(said)?.[1]}`;
    });
}
