import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npm, run } from './run.js';

/** The program in one file, without the adapters that are not installed, made by each bundler and run outside of its project. */
export async function bundles({ project, all, folder, isQuick, check }) {
  // Bundling itself is a unit test; what other bundlers do is known only with them.
  if (isQuick) return;
  const home = join(folder, 'bundlers');
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), JSON.stringify({ private: true, allowScripts: { esbuild: true } }));
  await npm(home, ['install', 'esbuild', 'vite'], true);
  const bin = (name) => join(home, 'node_modules/.bin', name);
  await copyFile(join(all, 'program.mjs'), join(project, 'program.mjs'));
  await check('bundled by esbuild', async () => {
    const outfile = join(folder, 'esbuild.mjs');
    const args = ['--bundle', '--platform=node', '--format=esm', `--outfile=${outfile}`];
    await run(bin('esbuild'), ['program.mjs', ...args], {
      cwd: project,
    });
    return works(outfile);
  });
  await check('bundled by Vite', async () => {
    const outDir = join(folder, 'vite');
    const config = `export default { build: { ssr: 'program.mjs', outDir: ${JSON.stringify(outDir)}, emptyOutDir: true },
      ssr: { noExternal: [/isostream/, 'zod'] } };`;
    await writeFile(join(project, 'vite.config.mjs'), config);
    await run(bin('vite'), ['build', '--logLevel', 'error'], { cwd: project });
    const [file = ''] = (await readdir(outDir)).filter((name) => name.startsWith('program.'));
    return works(join(outDir, file));
  });
}

async function works(file) {
  const said = await run('node', [file, 'memory:'], { cwd: '/' });
  if (!said.includes('got hello')) throw new Error(said);
}
