import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { npm, run } from './run.js';

const program = `import { connect, defineTopic, type StreamError } from 'isostream';
const orders = defineTopic('orders', { raw: true });
export async function main(): Promise<void> {
  const streams = await connect({ url: 'memory:', topics: [orders] });
  const receipt = await streams.producer(orders).send({ key: 'a', value: new Uint8Array([1]) });
  const partition: string | undefined = receipt.partition;
  await streams.consumer(orders, { group: partition ?? 'g', retry: { attempts: 2 } }).run(({ value }, { attempt }) => {
    const bytes: Uint8Array | null = value;
    const count: number = attempt;
    return [bytes, count];
  });
  await streams.close();
}
export const code = (error: StreamError): string => error.code;
`;

/** The program above against the declarations as they are packed, in several compilers, with and without Node's types. */
export async function compilers({ project, folder, isQuick, check }) {
  const versions = isQuick ? [undefined] : ['5.4', '5.9', '7'];
  for (const version of versions) {
    const tsc = version === undefined ? undefined : await compiler(folder, version);
    for (const hasNode of [true, false])
      await check(
        `typescript ${version ?? 'of the repository'} ${hasNode ? 'with' : 'without'} @types/node`,
        async () => {
          const home = join(folder, `types-${version ?? 'own'}-${hasNode}`);
          await mkdir(home, { recursive: true });
          await symlink(join(project, 'node_modules'), join(home, 'node_modules'));
          await writeFile(join(home, 'main.mts'), program);
          await writeFile(
            join(home, 'tsconfig.json'),
            JSON.stringify({ compilerOptions: options(hasNode, version), files: ['main.mts'] }),
          );
          await run(process.execPath, [tsc ?? own(), '-p', home]);
        },
      );
  }
}

function options(hasNode, version) {
  return {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2022',
    lib: hasNode ? ['es2023', 'esnext.disposable'] : ['es2023', 'esnext.disposable', 'dom'],
    types: hasNode ? ['node'] : [],
    // Declarations that take an option of Node's own can be checked only where that is declared, and those of Node's newest
    // types only by a compiler of their time.
    skipLibCheck: !hasNode || version === '5.4',
  };
}

async function compiler(folder, version) {
  const home = join(folder, `typescript-${version}`);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), '{ "private": true }');
  await npm(home, ['install', `typescript@${version}`]);
  return tscOf(join(home, 'package.json'));
}

function own() {
  return tscOf(import.meta.url);
}

function tscOf(from) {
  return join(dirname(createRequire(from).resolve('typescript/package.json')), 'bin/tsc');
}
