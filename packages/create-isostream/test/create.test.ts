import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { providerNames } from 'isostream';
import { afterAll, describe, expect, it } from 'vitest';
import { create, packageName } from '../src/create.ts';
import { brokerStep, type FrameworkName, frameworks, projectFiles, providerStarts } from '../src/index.ts';

/** Inside the repository, so that its packages are found. */
const generated = fileURLToPath(new URL('generated', import.meta.url));
mkdirSync(generated, { recursive: true });
afterAll(() => rmSync(generated, { recursive: true, force: true }));
const home = (): string => mkdtempSync(join(generated, 'home-'));

const bin = fileURLToPath(new URL('../bin/create-isostream.js', import.meta.url));
const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
const names = Object.keys(frameworks) as FrameworkName[];

/** The command as npm runs it: without a terminal. */
function run(cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync('node', [bin, ...args], { encoding: 'utf8', cwd });
}

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function manifestOf(text = ''): Manifest {
  return JSON.parse(text) as Manifest;
}

describe.each(names)('a project for %s', (framework) => {
  it('compiles, and its test passes', () => {
    const cwd = home();
    const { status, stdout } = run(cwd, 'my-service', '--framework', framework);
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining('  cd my-service\n  npm install\n  npm test\n  npm start\n'),
    ]);
    const project = join(cwd, 'my-service');
    const compiled = spawnSync('node', [compiler, '-p', project], { encoding: 'utf8' });
    expect([compiled.status, compiled.stdout]).toEqual([0, '']);
    const { ISOSTREAM_URL: _, ...env } = process.env;
    const tested = spawnSync('node', ['--test', 'dist/service.test.js'], { encoding: 'utf8', cwd: project, env });
    expect([tested.status, tested.status === 0 ? '' : tested.stdout]).toEqual([0, '']);
    expect(tested.stdout).toMatch(/pass 1\b/);
  });

  it('names in package.json what it imports, and nothing of the kind that it does not', () => {
    const files = projectFiles({ name: 'mine', framework, provider: 'memory' });
    const { dependencies, devDependencies } = manifestOf(files['package.json']);
    const imported = (isTest: boolean): readonly string[] => [
      ...new Set(
        Object.entries(files)
          .filter(([path]) => path.endsWith('.ts') && path.endsWith('.test.ts') === isTest)
          .flatMap(([, text]) =>
            [...text.matchAll(/^(?:import|\} from) .*?'([^'.][^']*)';$/gm)].map(([, name = '']) => name),
          )
          .filter((name) => !isBuiltin(name))
          .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')),
      ),
    ];
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining([...imported(false)]));
    expect(Object.keys({ ...dependencies, ...devDependencies })).toEqual(expect.arrayContaining([...imported(true)]));
    // What Nest needs beside what is imported.
    const unnamed = ['@nestjs/platform-express', 'rxjs'];
    const unused = Object.keys(dependencies).filter(
      (name) => !imported(false).includes(name) && !unnamed.includes(name),
    );
    expect(unused).toEqual([]);
  });
});

it('knows every provider of isostream, and names its adapter', () => {
  expect(Object.keys(providerStarts).toSorted()).toEqual([...providerNames].toSorted());
  for (const provider of providerNames) {
    const files = projectFiles({ name: 'mine', framework: 'plain', provider });
    expect(JSON.parse(files['isostream.json'] ?? '')).toEqual({ provider, url: providerStarts[provider].url });
    const { dependencies } = manifestOf(files['package.json']);
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining([...providerStarts[provider].packages]));
    expect(provider === 'memory' || `@isostream/${provider}` in dependencies).toBe(true);
  }
});

it('overwrites nothing, and writes nothing beside what is there', () => {
  const cwd = home();
  mkdirSync(join(cwd, 'mine/src'), { recursive: true });
  writeFileSync(join(cwd, 'mine/src/topics.ts'), 'mine');
  const { status, stderr } = run(cwd, 'mine');
  expect([status, stderr]).toEqual([
    2,
    expect.stringContaining('mine has src/topics.ts already, and nothing was written'),
  ]);
  expect([readdirSync(join(cwd, 'mine')), readFileSync(join(cwd, 'mine/src/topics.ts'), 'utf8')]).toEqual([
    ['src'],
    'mine',
  ]);
});

it('says which names are valid, and what an unknown option is', () => {
  const cwd = home();
  const wrong = (...args: readonly string[]): string => {
    const { status, stderr } = run(cwd, 'mine', ...args);
    return `${status}: ${stderr}`;
  };
  expect(wrong('--framework', 'koa')).toBe(
    '2: --framework is "koa". Valid names: plain, fastify, nestjs, express, hono. Help: npm create isostream -- --help\n',
  );
  expect(wrong('--provider', 'rabbit')).toMatch(/^2: --provider is "rabbit"\. Valid names: memory, kafka, kinesis, /);
  expect(wrong('--port', '1')).toMatch(/^2: Unknown option '--port'/);
  expect(wrong('other')).toMatch(/^2: one folder is expected, and 2 are given/);
  expect(readdirSync(cwd)).toEqual([]);
});

it('asks for what is not given, and takes the usual where the answer is empty', async () => {
  const cwd = home();
  const asked: string[] = [];
  const answers = [join(cwd, 'My Service'), '', 'kafka'];
  const said = await create({ help: false }, (question) => {
    asked.push(question.replace(/ .*/, ''));
    return Promise.resolve(answers.shift() ?? '');
  });
  expect(asked).toEqual(['Folder', 'Framework', 'Provider']);
  expect(said).toContain('plain on kafka');
  expect(said).toContain('npx isostream broker start kafka');
  expect(manifestOf(readFileSync(join(cwd, 'My Service/package.json'), 'utf8')).name).toBe('my-service');
});

it('says which packages bring the service of a provider to a developer, in versions that it is tried with', () => {
  const emulators = readFileSync(new URL('../../emulators/package.json', import.meta.url), 'utf8');
  const { peerDependencies } = JSON.parse(emulators) as { peerDependencies: Readonly<Record<string, string>> };
  const brought = providerNames.flatMap((provider) =>
    brokerStep(provider).flatMap((step) => /npm install --save-dev ([^#]*[^# ])/.exec(step)?.[1]?.split(' ') ?? []),
  );
  const numbers = (range = ''): string => /\d+(?:\.\d+)?/.exec(range)?.[0] ?? '';
  expect(brought.map((each) => each.replace(/@.*/, ''))).toEqual(['kinesis-local', 'dynalite', 'azurite']);
  for (const each of brought) expect(numbers(peerDependencies[each.replace(/@.*/, '')])).toContain(numbers(each));
});

it('asks for nothing that is given', async () => {
  const given = { folder: join(home(), 'a'), framework: 'hono', provider: 'memory', help: false } as const;
  await expect(create(given, () => Promise.reject(new Error('asked')))).resolves.toContain('hono on memory');
});

it.each([
  ['orders', 'orders'],
  ['My Service!', 'my-service'],
  ['.hidden', 'hidden'],
  ['日本', 'orders'],
])('makes of the folder %j the package name %j', (folder, name) => {
  expect(packageName(folder)).toBe(name);
});
