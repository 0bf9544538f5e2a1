import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const workspaces = [
  'packages/*',
  'adapters/*',
  'examples/*',
  'conformance-tests',
  'simulation',
  'comparison',
  'bench',
].flatMap((pattern) =>
  pattern.endsWith('/*')
    ? readdirSync(join(root, pattern.slice(0, -2)))
        .map((name) => pattern.slice(0, -1) + name)
        // Manifests for Kubernetes are an example without code.
        .filter((folder) => existsSync(join(root, folder, 'package.json')))
    : pattern,
);

/** Each room of core imports only what stands left of it. */
const rooms = [
  'errors',
  'options',
  'time',
  'units',
  'model',
  'observe',
  'contract',
  'codec',
  'retry',
  'group',
  'produce',
  'dead-letter',
  'consume',
  'streams',
  'metrics',
];

/** Where an adapter may be imported by name: nobody else may know that it exists. */
const knowsAdapters = [
  /^packages\/isostream\/src\/providers\//,
  /^conformance-tests\/src\/suites\//,
  /^(?:examples|bench)\//,
  /\/test\//,
];

/** Set-up of servers that the tests of several packages share. */
const sharedByTests = ['packages/outbox/test/support/postgres.ts'];

/** They load what they are told to: processes of the suite an adapter, the command line and connectors a user's module. */
const importsByName = [
  ...['worker', 'closing-worker', 'sender-worker'].map((name) => `conformance-tests/src/faults/${name}.ts`),
  'comparison/src/run/member-main.ts',
  'packages/cli/src/topic-module.ts',
  // Modules that a page of the docs shows.
  'packages/schemas/test/guide.test.ts',
  'packages/cli/src/commands/harness-module.ts',
  'packages/connect/src/sources/topics-module.ts',
];

const providerName = /kafka|kinesis|pub ?\/?sub|event[ -]?hubs|amazon|aws|azure|google/i;

/** A source file: its path from the root, and its text. */
interface Source {
  readonly path: string;
  readonly text: string;
}

describe('the arrows between rooms and packages', () => {
  const sources = workspaces.flatMap((folder) => ['src', 'test'].flatMap((part) => read(join(folder, part))));

  it('hold', () => {
    expect(sources.flatMap(violations)).toEqual([]);
  });

  it('go round in no circle, not even of types', () => {
    const circles = workspaces
      .map((folder) => inCircles(sources.filter(({ path }) => path.startsWith(`${folder}/`))))
      .filter((files) => files.length > 0);
    expect(circles).toEqual([]);
  });

  it('are seen to go round where they do', () => {
    const from = (path: string, ...targets: readonly string[]): Source => ({
      path,
      text: targets.map((target) => `import type { A } from '${target}';`).join('\n'),
    });
    const round = [from('x/src/a.ts', './b.ts'), from('x/src/b.ts', './in/c.ts'), from('x/src/in/c.ts', '../a.ts')];
    expect(inCircles([...round, from('x/src/d.ts', './a.ts')])).toEqual(round.map(({ path }) => path));
    expect(inCircles([from('x/src/a.ts', './b.ts', './c.ts'), from('x/src/b.ts', './c.ts')])).toEqual([]);
  });

  it('are seen: every package is read, and so are its imports', () => {
    for (const folder of workspaces) {
      const own = sources.filter(({ path }) => path.startsWith(`${folder}/src/`));
      expect(own.flatMap(imports), folder).not.toEqual([]);
    }
  });

  it('cover every room of core', () => {
    const folders = readdirSync(join(root, 'packages/core/src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(folders.map(({ name }) => name).toSorted()).toEqual(rooms.toSorted());
  });

  it('are compiled: the sources by the root project, the tests by the one that checks everything', () => {
    expect(references('tsconfig.json').toSorted()).toEqual(workspaces.toSorted());
    const tests = workspaces.map((folder) => `${folder}/test`).filter((folder) => existsSync(join(root, folder)));
    expect(references('tsconfig.check.json').toSorted()).toEqual(['.', 'test', ...tests].toSorted());
  });

  it('keep provider names out of the code of core and coordination', () => {
    const named = sources
      .filter(({ path }) => /^packages\/(?:core|coordination)\/src\//.test(path))
      .filter(({ text }) => providerName.test(withoutComments(text)));
    expect(named.map(({ path }) => path)).toEqual([]);
  });

  // In Node, what `any` makes refers to its sources weakly: a timeout among them may be collected, and never fires.
  it('bound and combine waits by withDeadline and linkedSignal, never by AbortSignal.timeout or AbortSignal.any', () => {
    const losing = (text: string): boolean => /\bAbortSignal\s*\.\s*(?:any|timeout)\b/.test(withoutComments(text));
    const isProduct = (path: string): boolean =>
      path.includes('/src/') && !/^(?:conformance-tests|simulation)\//.test(path);
    expect(losing('const both = AbortSignal.any([signal, late]);')).toBe(true);
    expect(losing('const late = AbortSignal.timeout(1_000);')).toBe(true);
    expect(sources.filter(({ path, text }) => isProduct(path) && losing(text)).map(({ path }) => path)).toEqual([]);
  });

  it('export each name from one package', () => {
    const packages = new Map<string, Set<string>>();
    for (const { path, text } of sources.filter((source) => entries.has(source.path)))
      for (const name of exported(text))
        packages.set(name, (packages.get(name) ?? new Set()).add(path.split('/src/')[0] ?? ''));
    expect(packages.size).toBeGreaterThan(100);
    const shared = [...packages].filter(([, folders]) => folders.size > 1);
    expect(shared.map(([name, folders]) => `${name}: ${[...folders].join(', ')}`)).toEqual([]);
  });

  it('load nothing large to read a configuration: of an adapter what it declares, and of isostream the table', () => {
    const outside = [
      ...['config.ts', 'index.ts'].map((file) => `packages/isostream/src/${file}`),
      ...workspaces.filter((name) => name.startsWith('adapters/')).map((folder) => `${folder}/src/config.ts`),
    ].map((path) => [path, ...loadedOutside(path, sources).filter((target) => !isCore(target))]);
    expect(outside.length).toBeGreaterThan(6);
    expect(outside.filter((each) => each.length > 1)).toEqual([]);
  });

  it.each(workspaces.filter((name) => name.startsWith('adapters/')))('puts the same rooms into %s', (folder) => {
    const own = ['index', folder.slice('adapters/'.length), 'config', 'options', 'capabilities', 'admin'];
    const files = [...own, 'produce/sink', 'consume/source', 'consume/range'].map((name) => `${name}.ts`);
    // Memory is its own service: it talks to none, and no error of another's comes back.
    const service = folder === 'adapters/memory' ? ['service/'] : ['client/', 'errors.ts', 'url.ts'];
    const paths = sources.map(({ path }) => path);
    const has = (room: string): boolean => paths.some((path) => path.startsWith(`${folder}/src/${room}`));
    expect([...files, ...service].filter((room) => !has(room))).toEqual([]);
  });

  it('lead every test against a broker to the step that has it', () => {
    const live = sources.filter(({ path }) => path.endsWith('.live.test.ts')).map(({ path }) => path);
    const steps = readFileSync(join(root, 'scripts/test.js'), 'utf8').matchAll(/(?:onBroker|startable)\('([^']+)'/g);
    const filters = [...steps].flatMap(([, name = '']) => [`/test/${name}`, `adapters/${name}/`, `packages/${name}-`]);
    expect(filters).not.toEqual([]);
    expect(live.filter((path) => !filters.some((filter) => path.includes(filter)))).toEqual([]);
  });

  it.each([
    ['packages/core/src/model/x.ts', `import type { Producer } from '../produce/producer.ts';`],
    ['packages/core/src/retry/x.ts', `export { run } from '../consume/engine.ts';`],
    ['packages/core/src/produce/x.ts', `export type { Letter } from '../dead-letter/letter.ts';`],
    ['packages/core/src/codec/x.ts', `const { Engine } = await import('../consume/engine.ts');`],
    ['packages/core/src/codec/x.ts', `const { Engine } = await import(name);`],
    ['packages/core/src/time/x.ts', `import {\n  a,\n  b,\n} from '../index.ts';`],
    ['packages/core/src/model/x.ts', `import { z } from 'zod';`],
    ['packages/core/src/model/x.ts', `import fs from 'fs';`],
    ['packages/core/src/model/x.ts', `import '@isostream/memory';`],
    ['packages/core/test/x.test.ts', `import { createMemory } from '@isostream/memory';`],
    ['adapters/kafka/src/sink.ts', `import { createMemory } from '@isostream/memory';`],
    ['adapters/memory/src/produce/sink.ts', `import { Kafka } from 'kafkajs';`],
    ['adapters/memory/src/produce/sink.ts', `import { keyId } from '../../../../packages/core/src/model/key-id.ts';`],
    ['adapters/memory/src/produce/sink.ts', `import { connect } from 'isostream';`],
    ['packages/coordination/src/lease.ts', `import { connect } from 'isostream';`],
    ['packages/isostream/src/connect.ts', `import type { MemoryAdapter } from '@isostream/memory';`],
    ['packages/cli/src/client.ts', `const { createKafka } = await import('@isostream/kafka');`],
    ['conformance-tests/src/run/stage.ts', `import type { MemoryControl } from '@isostream/memory';`],
  ])('reject in %s: %s', (path, text) => {
    expect(violations({ path, text })).toHaveLength(1);
  });

  it.each([
    ['packages/core/src/index.ts', `export { createStreams } from './streams/streams.ts';`],
    ['packages/core/src/consume/x.ts', `import type { CloseOptions } from '../produce/options.ts';`],
    [
      'packages/core/src/model/x.ts',
      `/** See import('../consume/engine.ts'). */\nimport { Buffer } from 'node:buffer';`,
    ],
    ['adapters/kafka/src/wire/x.ts', `import type { Kafka } from 'kafkajs';`],
    ['adapters/memory/src/consume/source.ts', `import { LeaseCoordinator } from '@isostream/coordination';`],
    ['packages/isostream/src/providers/kafka.ts', `const { createMemory } = await import('@isostream/memory');`],
    ['adapters/kafka/test/x.live.test.ts', `import { startKafka } from '@isostream/emulators';`],
  ])('allow in %s: %s', (path, text) => {
    expect(violations({ path, text })).toEqual([]);
  });
});

function violations(source: Source): string[] {
  return imports(source)
    .map((target) => ({ target, why: objection(source.path, target) }))
    .filter(({ why }) => why !== undefined)
    .map(({ target, why }) => `${source.path} imports ${target}: ${why}`);
}

/** The modules that published packages export, as sources. */
const entries = new Set(
  workspaces.flatMap((folder) => {
    const content = readFileSync(join(root, folder, 'package.json'), 'utf8');
    return Array.from(content.matchAll(/"@isostream\/source": "\.\/([^"]+)"/g), ([, file = '']) => join(folder, file));
  }),
);

/** The names that a module exports of its own package, types included. */
function exported(text: string): string[] {
  const code = withoutComments(text);
  const lists = [...code.matchAll(/^export (?:type )?\{([^}]*)\}(?: from '([^']*)')?/gm)]
    .filter(([, , from = '.']) => from.startsWith('.'))
    .flatMap(([, list = '']) => list.split(','))
    .map((part) =>
      part
        .trim()
        .replace(/^type /, '')
        .replace(/^.* as /, ''),
    );
  const declared = code.matchAll(
    /^export (?:declare |async |abstract )*(?:const|function|class|interface|type) (\w+)/gm,
  );
  return [...lists, ...Array.from(declared, ([, name = '']) => name)].filter((name) => name !== '');
}

/** Files of one package from which their own imports lead back to them. */
function inCircles(sources: readonly Source[]): string[] {
  const targets = new Map(
    sources.map((source) => [
      source.path,
      imports(source).flatMap((target) => (target.startsWith('.') ? [join(dirname(source.path), target)] : [])),
    ]),
  );
  const reaches = (from: string): ReadonlySet<string> => {
    const seen = new Set<string>();
    const open = [...(targets.get(from) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(targets.get(next) ?? []));
    }
    return seen;
  };
  return [...targets.keys()].filter((path) => reaches(path).has(path));
}

/** Which packages are loaded with a module, before anything is called. */
function loadedOutside(path: string, sources: readonly Source[]): readonly string[] {
  const seen = new Set<string>([path]);
  const packages = new Set<string>();
  for (const file of seen) {
    const code = withoutComments(sources.find((source) => source.path === file)?.text ?? '');
    expect(code, file).not.toBe('');
    const targets = code.matchAll(/^\s*(?:import|export)(?! type\b)\b(?:[^;'"`]*?\bfrom)?\s*['"]([^'"]+)['"]/gm);
    for (const [, target = ''] of targets)
      if (target.startsWith('.')) seen.add(join(dirname(file), target));
      else if (!target.startsWith('node:')) packages.add(target);
  }
  return [...packages];
}

/** Why a file may not import something, if it may not. */
function objection(path: string, target: string): string | undefined {
  if (target.startsWith('(')) return importsByName.includes(path) ? undefined : 'an import writes out what it imports';
  const folder = workspaces.find((name) => path.startsWith(`${name}/`)) ?? '.';
  if (target.startsWith('.')) {
    const file = join(dirname(path), target);
    if (path.startsWith(`${folder}/test/`) && sharedByTests.includes(file)) return undefined;
    if (!file.startsWith(`${folder}/`)) return 'a relative import stays inside its package';
    return folder === 'packages/core' ? roomObjection(path, file) : undefined;
  }
  if (target.startsWith('node:')) return undefined;
  const isTest = path.startsWith(`${folder}/test/`);
  if (folder === 'packages/core' && !(isTest && ['vitest', 'fast-check'].includes(target)))
    return 'core imports only node: and itself';
  if (isAdapter(target) && !knowsAdapters.some((place) => place.test(path)))
    return 'nobody imports an adapter but the table of providers, suites, examples, benchmarks and tests';
  if (folder.startsWith('adapters/') && !isTest && !isCore(target) && target !== '@isostream/coordination') {
    const isSdk = manifest(folder).named.some(
      (sdk) => !sdk.startsWith('@isostream/') && (target === sdk || target.startsWith(`${sdk}/`)),
    );
    if (!isSdk) return 'an adapter imports only core, coordination, and the SDK that its package.json names';
  }
  if (folder === 'packages/coordination' && !isTest && !isCore(target))
    return 'coordination imports only node: and core';
  return undefined;
}

function isCore(target: string): boolean {
  return target === '@isostream/core' || target === '@isostream/core/adapter';
}

function roomObjection(path: string, file: string): string | undefined {
  const [from, to] = [path, file].map((name) => /^packages\/core\/src\/([^/]+)\//.exec(name)?.[1]);
  // The two entries and the tests stand right of every room.
  if (from === undefined) return undefined;
  if (to === undefined) return 'a room imports no entry';
  return rooms.indexOf(to) <= rooms.indexOf(from) ? undefined : `${to} stands right of ${from}`;
}

function isAdapter(target: string): boolean {
  const names = workspaces.filter((folder) => folder.startsWith('adapters/')).map((folder) => manifest(folder).name);
  return names.some((name) => target === name || target.startsWith(`${name}/`));
}

function manifest(folder: string): { readonly name: string; readonly named: readonly string[] } {
  const content: unknown = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  if (typeof content !== 'object' || content === null || !('name' in content) || typeof content.name !== 'string')
    throw new Error(`${folder}/package.json has no name`);
  return {
    name: content.name,
    named: [
      ...('peerDependencies' in content ? Object.keys(content.peerDependencies ?? {}) : []),
      ...('dependencies' in content ? Object.keys(content.dependencies ?? {}) : []),
    ],
  };
}

/** The projects that a project compiles with it, by their path from the root. */
function references(project: string): string[] {
  const content: unknown = JSON.parse(readFileSync(join(root, project), 'utf8'));
  const paths = JSON.stringify(content).matchAll(/"path":"([^"]+)"/g);
  return Array.from(paths, ([, path = '']) => join(dirname(project), path));
}

/** What a file imports, in every form; a target that is not written out comes in brackets. */
function imports({ text }: Source): string[] {
  const code = withoutComments(text);
  const statements = code.matchAll(/^\s*(?:import|export)\b(?:[^;'"`]*?\bfrom)?\s*['"]([^'"]+)['"]/gm);
  const dynamic = code.matchAll(/\bimport\(\s*(?:['"]([^'"]+)['"]|([^)]*))/g);
  return [...statements, ...dynamic].map(([, literal, expression]) => literal ?? `(${expression ?? ''})`);
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

function read(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
