import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Inside the repository, so that what stays outside of the bundle is found. */
const folder = join(root, 'test/generated-bundle');
const app = `import { connect, defineTopic } from 'isostream';
const topics = [defineTopic('orders', { raw: true })];
try {
  const streams = await connect({ topics, url: process.argv[2] });
  console.log(streams.adapter.name, (await streams.admin.topics()).join());
  await streams.close();
} catch (error) {
  console.log(error.code);
}
process.exit();
`;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'app.mjs'), app);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One file that holds the program; `absent` packages are not installed. */
async function bundle(output: string, absent: RegExp = /^$/): Promise<void> {
  const build = await rolldown({
    input: join(folder, 'app.mjs'),
    platform: 'node',
    external: [/^kafkajs/],
    logLevel: 'silent',
    plugins: [
      { name: 'absent', resolveId: (name: string) => (absent.test(name) ? { id: name, external: true } : undefined) },
    ],
  });
  await build.write({ file: join(folder, output), format: 'esm', codeSplitting: false });
  await build.close();
}

function run(output: string, url: string): string {
  return execFileSync('node', [join(folder, output), url], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

describe('a program in one file', { timeout: 120_000 }, () => {
  it('works with the providers that are installed, and says which package the others need', async () => {
    await bundle('memory.mjs', /^@isostream\/(?:kafka|kinesis|pubsub|event-hubs)(?:\/config)?$|^@azure\/identity$/);
    expect(run('memory.mjs', 'memory:')).toBe('memory orders');
  });

  it('loads the adapter of its address', async () => {
    await bundle('all.mjs');
    expect(run('all.mjs', 'memory:')).toBe('memory orders');
    expect(run('all.mjs', 'kafka://127.0.0.1:1')).toBe('unavailable');
  });

  it('may leave out what is not installed: every lazy import has a catch, which is how bundlers know', () => {
    const table = 'packages/isostream/src/providers';
    const files = [
      ...readdirSync(join(root, table)).map((name) => `${table}/${name}`),
      ...readdirSync(join(root, 'adapters')).map((name) => `adapters/${name}/src/config.ts`),
    ];
    const imports = files.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/await import\('[^.'][^)]*\)(.{0,14})/g)].map(
        ([, next]) => next,
      ),
    );
    expect(imports.length).toBeGreaterThan(5);
    expect(imports.filter((next) => next !== '.catch(absent)')).toEqual([]);
  });
});
