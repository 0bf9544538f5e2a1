import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npm, run } from './run.js';

const body = `
const orders = defineTopic('orders-' + process.pid, { raw: true, partitions: 1 });
const main = async () => {
  const streams = await connect({ url: process.argv[2], topics: [orders] });
  await streams.producer(orders).send({ key: 'a', value: new TextEncoder().encode('hello') });
  const consumer = streams.consumer(orders, { group: 'strangers' });
  await consumer.run(({ value }) => {
    console.log('got ' + new TextDecoder().decode(value));
    void consumer.close();
  });
  await streams.close();
};
main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
`;
const imported = `import { connect, defineTopic } from 'isostream';${body}`;
const required = `const { connect, defineTopic } = require('isostream');${body}`;

/** Runtimes that npm has as packages: their name there, and their command. */
const runtimes = [
  { name: 'node@20', command: 'node' },
  { name: 'node@22', command: 'node' },
  { name: 'node@24', command: 'node' },
  { name: 'bun@1', command: 'bun' },
  { name: 'deno@2', command: 'deno', args: ['run', '-A'] },
];

/** A program that sends and consumes, with `import` and with `require`, on every runtime. */
export async function programs({ project, folder, isQuick, urls, check }) {
  await writeFile(join(project, 'program.mjs'), imported);
  await writeFile(join(project, 'program.cjs'), required);
  const addresses = ['memory:', ...urls];
  const here = [{ name: `node ${process.version}`, binary: process.execPath, args: [] }];
  for (const { name, binary, args } of [...here, ...(isQuick ? [] : await install(folder, check))])
    for (const address of addresses)
      for (const file of ['program.mjs', 'program.cjs'])
        await check(`${file === 'program.mjs' ? 'import' : 'require'} on ${name}, ${address}`, async () => {
          const said = await run(binary, [...args, file, address], { cwd: project });
          if (!said.includes('got hello')) throw new Error(said);
        });
}

async function install(folder, check) {
  const installed = [];
  for (const { name, command, args = [] } of runtimes)
    await check(`${name} can be had`, async () => {
      const home = join(folder, 'runtimes', name);
      await mkdir(home, { recursive: true });
      const [plain] = name.split('@');
      await writeFile(join(home, 'package.json'), JSON.stringify({ private: true, allowScripts: { [plain]: true } }));
      await npm(home, ['install', name], true);
      const binary = join(home, 'node_modules/.bin', command);
      installed.push({ name, binary, args });
      return (await run(binary, ['--version'])).trim().split('\n')[0];
    });
  return installed;
}
