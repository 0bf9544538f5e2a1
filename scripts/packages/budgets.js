import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.js';

const limits = JSON.parse(await readFile(new URL('budgets.json', import.meta.url), 'utf8'));

/** Only these may be loaded by `import 'isostream'`. */
const mayLoad = ['isostream', '@isostream/core'];

/** Sizes and times against the table in `budgets.json`, which is changed by hand where growth is meant. */
export async function budgets({ packed, project, check }) {
  for (const { name, kilobytes, files } of packed)
    await check(`size of ${name}`, () => {
      const size = within(kilobytes, limits.packedKilobytes[name] ?? limits.packedKilobytes.others, 'kB packed');
      const modules = files.filter((file) => /^dist\/.*\.js$/.test(file));
      return `${size}, ${within(modules.length, limits.modules[name] ?? limits.modules.others, 'modules')}`;
    });
  await check('size of an installed isostream', async () => {
    const said = await run('du', ['-sk', 'node_modules'], { cwd: project });
    return within(Number.parseInt(said, 10) / 1_024, limits.installedMegabytes, 'MB');
  });
  await check("import 'isostream' loads no adapter and no dependency of one", async () => {
    const urls = await loaded(project);
    const names = new Set(urls.map(packageOf));
    const strange = [...names].filter((name) => !mayLoad.includes(name));
    if (strange.length > 0) throw new Error(`it loads ${strange.join(', ')}`);
    return within(urls.length, limits.loadedFiles, 'files');
  });
  await check("time of import 'isostream'", () => importTime(project));
}

function within(value, limit, unit) {
  const text = `${value.toFixed(0)} of ${limit} ${unit}`;
  if (value > limit) throw new Error(`${text}; if that is meant, change scripts/packages/budgets.json`);
  return text;
}

/** The files of packages that an import loads. */
async function loaded(project) {
  const hooks = `import { writeSync } from 'node:fs';
    export async function load(url, context, next) { writeSync(1, url + '\\n'); return next(url, context); }`;
  await writeFile(join(project, 'hooks.mjs'), hooks);
  await writeFile(
    join(project, 'loads.mjs'),
    `import { register } from 'node:module';\nregister('./hooks.mjs', import.meta.url);\nawait import('isostream');\n`,
  );
  const said = await run('node', ['loads.mjs'], { cwd: project });
  return said.split('\n').filter((line) => line.includes('/node_modules/'));
}

function packageOf(url) {
  const [first = '', second = ''] = url.split('/node_modules/').at(-1).split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/**
 * Processor time beyond that of Node's own start, as a share of it, so that neither the machine nor what else runs on it decides.
 * Where Node starts in 40 ms, 60 ms are 1.5 of it.
 */
async function importTime(project) {
  const measure = `process.on('exit', () => { const { user, system } = process.cpuUsage(); console.log(user + system); });\n`;
  await writeFile(join(project, 'bare.mjs'), measure);
  await writeFile(join(project, 'imports.mjs'), `${measure}await import('isostream');\n`);
  const best = { bare: Infinity, imports: Infinity };
  for (let round = 0; round < 12; round++)
    for (const name of Object.keys(best))
      best[name] = Math.min(best[name], Number(await run('node', [`${name}.mjs`], { cwd: project })) / 1_000);
  const ratio = (best.imports - best.bare) / best.bare;
  const text = `${(best.imports - best.bare).toFixed(0)} ms, ${ratio.toFixed(2)} of ${limits.importRatio} starts of Node`;
  if (ratio > limits.importRatio) throw new Error(`${text}; if that is meant, change scripts/packages/budgets.json`);
  return text;
}
