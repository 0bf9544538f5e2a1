import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './run.js';

/** What a person sees of an error: names of functions as they are in the source, and with maps its lines. */
export async function traces({ project, packed, check }) {
  const program = `import { defineTopic } from 'isostream';
try { defineTopic('a topic', { raw: true }); } catch (error) { console.log(error.stack); }`;
  await writeFile(join(project, 'trace.mjs'), program);
  await check('a stack names functions, and with source maps the lines of the source', async () => {
    const plain = await run('node', ['trace.mjs'], { cwd: project });
    if (!/at defineTopic \(/.test(plain)) throw new Error(plain);
    const mapped = await run('node', ['--enable-source-maps', 'trace.mjs'], { cwd: project });
    const [, file = '', line = '0'] =
      /at defineTopic \((?:file:\/\/)?(.*src\/model\/define-topic\.ts):(\d+)/.exec(mapped) ?? [];
    const text = existsSync(file) ? (await readFile(file, 'utf8')).split('\n')[Number(line) - 1] : undefined;
    if (text === undefined) throw new Error(mapped);
  });
  await check('every source map leads to sources that are in the package', async () => {
    let count = 0;
    for (const { name } of packed) {
      const dist = join(project, 'node_modules', name, 'dist');
      const files = existsSync(dist) ? await readdir(dist, { recursive: true }) : [];
      for (const file of files.filter((each) => /\.(?:js|d\.ts)\.map$/.test(each))) {
        const { sources } = JSON.parse(await readFile(join(dist, file), 'utf8'));
        const lost = sources.filter((source) => !existsSync(join(dist, dirname(file), source)));
        if (lost.length > 0) throw new Error(`${name}/dist/${file} names ${lost.join(', ')}`);
        count += sources.length;
      }
    }
    return `${count} sources`;
  });
}
