import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.js';
import { stage } from './stage.js';

/** Packs every package that is published: its name, file, size, and the files in it. */
export async function pack(folder, check) {
  await mkdir(folder, { recursive: true });
  const packages = await stage();
  const args = packages.map((one) => `./${one.folder}`);
  const report = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...args]);
  const packed = JSON.parse(report).map(({ name, filename, size, files }) => ({
    name,
    // npm 9 says the scoped name where it writes the flat one.
    file: join(folder, filename.replace(/^@/, '').replaceAll('/', '-')),
    kilobytes: size / 1_000,
    files: files.map(({ path }) => path),
  }));
  await check(`all ${packages.length} packages bring README, LICENSE, CHANGELOG and their types`, () => {
    const lacking = packed.flatMap(({ name, files }) => {
      const wanted = ['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json'].filter((file) => !files.includes(file));
      const has = (pattern) => files.some((file) => pattern.test(file));
      if (has(/^dist\/.*\.js$/) && !has(/^dist\/.*\.d\.ts$/)) wanted.push('types');
      if (files.some((file) => /^test\/|tsbuildinfo$/.test(file))) wanted.push('no tests and build files');
      return wanted.map((what) => `${name}: ${what}`);
    });
    if (lacking.length > 0 || packed.length !== packages.length) throw new Error(lacking.join(', '));
  });
  return packed;
}
