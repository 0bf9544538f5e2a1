import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npm, run } from './run.js';
import { tryService } from './service.js';

/** What `npm create isostream` writes, installed as its package.json says, compiled, and its own test run; then the service itself on a broker. */
export async function templates({ project, folder: root, packed, isQuick, urls, check }) {
  const files = Object.fromEntries(packed.map(({ name, file }) => [name, `file:${file}`]));
  const home = join(root, 'created');
  await mkdir(home, { recursive: true });
  const command = join(project, 'node_modules/create-isostream/bin/create-isostream.js');
  // The others are tried in the repository by unit tests; here it is the packages that are tried.
  const all = ['plain', 'fastify', 'nestjs', 'express', 'hono'].map((framework) => ({ framework }));
  // Both versions of Nest that its package supports; the repository has the newer one.
  const provider = urls.length === 0 ? [] : ['--provider', 'kafka'];
  const tried = isQuick ? all.slice(0, 1) : [...all, { framework: 'nestjs', nest: '^11.0.0' }];
  for (const { framework, nest } of tried)
    await check(`npm create isostream, for ${framework}${nest === undefined ? '' : ` ${nest}`}`, async () => {
      const args = ['--framework', framework, ...provider];
      const own = await created({
        command,
        home,
        folder: nest === undefined ? framework : `${framework}-11`,
        args,
        files,
        nest,
      });
      if (nest !== undefined) {
        const { version } = JSON.parse(await readFile(join(own, 'node_modules/@nestjs/core/package.json'), 'utf8'));
        if (!version.startsWith('11.')) throw new Error(`Nest ${version} is installed`);
      }
      const tested = await passed(own);
      for (const url of urls) await tryService(own, url);
      return [tested, ...urls].join(', on ');
    });
  if (isQuick) return;
  await check('npm create isostream, for an adapter', async () => {
    const own = await created({ command, home, folder: 'adapter', args: ['--adapter'], files });
    const tested = await passed(own);
    // The suite finds the harness by its path, and the adapter's packages beside its own.
    const said = await run('npm', ['run', 'conformance', '--', '--scenario', 'key-order'], { cwd: own });
    return [tested, said.trim().split('\n').at(-1)].join(', ');
  });
}

/** Has a project written and installed. In a registry its packages would be found; here each is a file. */
async function created({ command, home, folder, args, files, nest }) {
  const said = await run('node', [command, folder, ...args], { cwd: home });
  if (!said.includes('npm test')) throw new Error(said);
  const own = join(home, folder);
  const manifest = JSON.parse(await readFile(join(own, 'package.json'), 'utf8'));
  for (const kind of ['dependencies', 'devDependencies', 'peerDependencies'])
    for (const [name, range] of Object.entries(manifest[kind] ?? {}))
      manifest[kind][name] = files[name] ?? (name.startsWith('@nestjs/') ? (nest ?? range) : range);
  await writeFile(join(own, 'package.json'), JSON.stringify({ ...manifest, overrides: files }, undefined, 2));
  await npm(own, ['install']);
  return own;
}

async function passed(own) {
  const tested = await run('npm', ['test'], { cwd: own });
  return /(?:#|ℹ) (pass .*)/.exec(tested)?.[1];
}
