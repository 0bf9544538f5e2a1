import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npm, run } from './run.js';

/** What only the adapters, or other packages by name, may bring along. */
const foreign = ['kafkajs', '@aws-sdk', '@azure', '@google-cloud', 'google-gax', '@nestjs', 'fastify', 'vitest'];

/** An empty project with `isostream` alone: that has to bring the command and the memory provider, and no SDK. */
export async function installOnly(folder, packed, check) {
  await project(folder, packed, ['isostream']);
  await check('isostream alone brings no SDK', async () => {
    const installed = await readdir(join(folder, 'node_modules'));
    const found = foreign.filter((name) => installed.includes(name));
    if (found.length > 0) throw new Error(`found ${found.join(', ')}`);
    return `${installed.filter((name) => !name.startsWith('.')).length} packages and scopes`;
  });
  await check('isostream alone brings the command', async () => {
    const version = await run('npx', ['--no-install', 'isostream', '--version'], { cwd: folder });
    const help = await run('npx', ['--no-install', 'isostream', '--help'], { cwd: folder });
    if (!/redrive/.test(help)) throw new Error(help);
    return version.trim();
  });
  await check('isostream alone runs the conformance suite on memory', async () => {
    const args = ['--no-install', 'isostream', 'conformance', '--provider', 'memory', '--scenario', 'retry'];
    return (await run('npx', args, { cwd: folder })).trim().split('\n').at(-1);
  });
  await check('isostream alone names the package of a provider', async () => {
    const program = `import { connect, defineTopic } from 'isostream';
      try { await connect({ url: 'kafka://127.0.0.1:1', topics: [defineTopic('a', { raw: true })] }); }
      catch (error) { console.log(error.code, error.message); }`;
    await writeFile(join(folder, 'absent.mjs'), program);
    const said = await run('node', ['absent.mjs'], { cwd: folder });
    if (!/^missing-adapter .*@isostream\/kafka/.test(said)) throw new Error(said);
  });
  return folder;
}

/** A project with every package, and what each demands. */
export async function installAll(folder, packed) {
  await project(
    folder,
    packed,
    packed.map(({ name }) => name),
  );
  if (!existsSync(join(folder, 'node_modules/kafkajs')))
    throw new Error('an adapter brings its SDK: kafkajs is missing');
  return folder;
}

async function project(folder, packed, names) {
  await mkdir(folder, { recursive: true });
  const files = Object.fromEntries(packed.map(({ name, file }) => [name, `file:${file}`]));
  const manifest = {
    name: 'stranger',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(names.map((name) => [name, files[name]])),
    // In a registry the versions would be found; here each is a file.
    overrides: files,
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  await npm(folder, ['install']);
}
