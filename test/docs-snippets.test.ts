import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = join(root, 'test/generated-snippets');

afterAll(() => rmSync(generated, { recursive: true, force: true }));

it('every example of the documentation compiles', () => {
  const pages = ['docs', 'docs/guides', 'docs/concepts', 'docs/providers'].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder))
          .filter((name) => name.endsWith('.md'))
          .map((name) => `${folder}/${name}`)
      : [],
  );
  mkdirSync(generated, { recursive: true });
  for (const page of pages)
    for (const [index, code] of snippets(readFileSync(join(root, page), 'utf8')).entries())
      writeFileSync(join(generated, `${page.replaceAll(/[/.]/g, '-')}-${index}.ts`), code);
  writeFileSync(join(generated, 'support.ts'), support);
  mkdirSync(join(generated, 'gen'), { recursive: true });
  writeFileSync(join(generated, 'gen/order_pb.ts'), messages);
  writeFileSync(join(generated, 'sqlite.d.ts'), sqlite);
  const compilerOptions = {
    ...{ isolatedDeclarations: false, composite: false, declarationMap: false, noEmit: true },
    // Examples declare what the text is about, and Nest's decorators are the older ones.
    ...{ noUnusedLocals: false, noUnusedParameters: false, erasableSyntaxOnly: false, experimentalDecorators: true },
  };
  const config = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
  writeFileSync(join(generated, 'tsconfig.json'), JSON.stringify(config));
  expect(compile()).toBe('');
});

it('an example without imports begins with what its page says in a comment', () => {
  const page =
    "<!-- before each example:\nimport { a } from 'a';\n-->\n\n```ts\na();\n```\n\n```ts\nimport 'b';\n```\n";
  expect(snippets(page)).toEqual(["import { a } from 'a';\na();\n", "import 'b';\n"]);
});

it('an example that has settings of a provider chooses it as well', () => {
  const settings = /^ {2}(?:kafka|kinesis|pubsub|'event-hubs'): \{/m;
  const chooses = /^ {2}(?:provider|url|adapter)\b/m;
  const files = ['docs', 'docs/guides', 'docs/concepts', 'docs/providers'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
  const calls = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/connect\(\{\n[^]*?\n\}\)/g)].map(([call]) => ({ file, call })),
  );
  expect(calls.filter(({ call }) => settings.test(call)).length).toBeGreaterThan(0);
  expect(calls.filter(({ call }) => settings.test(call) && !chooses.test(call))).toEqual([]);
});

it('no example gives an event without data the empty key, which is a key like any other', () => {
  const emptyKey = /key: .*\?\? *(?:''|"")/;
  expect(emptyKey.test("key: (event) => event.data?.id ?? '',")).toBe(true);
  const files = execFileSync('git', ['ls-files', 'README.md', 'docs', 'examples', 'packages/*/README.md', 'packages'], {
    encoding: 'utf8',
    cwd: root,
  })
    .split('\n')
    .filter((file) => /\.(?:md|ts|js|mjs)$/.test(file) && !file.includes('/test/') && existsSync(join(root, file)));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => emptyKey.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

/** The examples of a page, each a module: behind what a comment right before it declares, or one for all that import nothing. */
function snippets(page: string): readonly string[] {
  const [, before = ''] = /^<!-- before each example:\n([^]*?)-->$/m.exec(page) ?? [];
  const examples = page.matchAll(
    /(?:^<!-- before the next example:\n((?:(?!-->)[^])*?)-->\n\n)?^```ts\n([^]*?)^```$/gm,
  );
  return [...examples].map(
    ([, own = '', code = '']) => `${own}${/^import /m.test(code) || own !== '' ? '' : before}${code}`,
  );
}

/** What examples of the pages of reference are about. */
const support = `
import { connect, defineTopic, type Producer, type Streams, type TopicInput } from 'isostream';
import { confluentRegistry } from '@isostream/schemas/registries/confluent';
import { z } from 'zod';
export const orders = defineTopic('orders', {
  events: { 'order.placed': z.object({ orderId: z.string(), total: z.number() }) },
  key: (event) => event.data.orderId,
});
export const streams: Streams = await connect({ topics: [orders] });
export const producer: Producer<TopicInput<typeof orders>> = streams.producer(orders);
export const event: TopicInput<typeof orders> = { type: 'order.placed', data: { orderId: 'o-1', total: 9 } };
export const registry = confluentRegistry({ url: 'http://localhost:8080' });
`;

/** What protoc-gen-es would write. */
const messages = `
import type { Message } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
export declare const PlacedSchema: GenMessage<Message<'shop.Placed'> & { orderId: string }>;
`;

/** Newer than the types of the oldest Node. */
const sqlite = `
declare module 'node:sqlite' {
  export class DatabaseSync {
    constructor(path: string);
    exec(sql: string): void;
    prepare(sql: string): { run(...values: string[]): { changes: number }; all(...values: string[]): unknown[]; get(...values: string[]): unknown };
  }
}
`;

/** What the compiler finds wrong. */
function compile(): string {
  try {
    return execFileSync('npx', ['tsc', '-p', generated], { encoding: 'utf8', stdio: 'pipe', cwd: root });
  } catch (error) {
    return typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : String(error);
  }
}
