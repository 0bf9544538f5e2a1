import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { projectFindings } from '../src/commands/project.ts';
import { command, ended } from './support/run.ts';

/** Inside the repository, so that its packages are found. */
const generated = fileURLToPath(new URL('../generated-first-minutes', import.meta.url));
mkdirSync(generated, { recursive: true });
afterAll(() => rmSync(generated, { recursive: true, force: true }));

const { ISOSTREAM_URL: _url, ISOSTREAM_PROVIDER: _provider, ISOSTREAM_CONFIG: _config, ...env } = process.env;

function folder(files: Readonly<Record<string, unknown>> = {}): string {
  const made = mkdtempSync(join(generated, 'project-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(made, path, '..'), { recursive: true });
    writeFileSync(join(made, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return made;
}

function isostream(cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync('node', [...command, ...args], { encoding: 'utf8', cwd, env });
}

/** As Node looks for packages where that of an adapter is not installed. */
const without = (adapter: string): readonly string[] => {
  const hooks = `export function resolve(name, context, next) {
    if (!name.startsWith('${adapter}')) return next(name, context);
    throw Object.assign(new Error("Cannot find package '${adapter}'"), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(asModule(hooks))});`;
  return ['--import', asModule(register)];
};

function asModule(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

/** What doctor finds, by what it looked at. */
function doctor(cwd: string): { readonly status: number | null; readonly findings: ReadonlyMap<string, string> } {
  const { status, stdout } = isostream(cwd, 'doctor', '--json');
  const findings = JSON.parse(stdout) as readonly { what: string; state: string; detail: string }[];
  return { status, findings: new Map(findings.map(({ what, state, detail }) => [what, `${state}: ${detail}`])) };
}

it('init writes a config and a consumer that runs, and finishes when it is stopped', async () => {
  const project = folder({ 'package.json': { name: 'mine', type: 'module' } });
  const { stdout, status } = isostream(project, 'init');
  expect([status, stdout]).toEqual([
    0,
    expect.stringMatching(/^wrote isostream\.json and consumer\.mjs\n1\. npm install isostream zod\n/),
  ]);
  const child = spawn('node', ['consumer.mjs'], { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = ended(child);
  const said = await new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve));
  expect(said).toBe('billed o-1: 9, attempt 1\n');
  child.kill('SIGINT');
  expect(await exited).toBe(0);
});

it('init writes the address of the chosen provider, and says what to install and start', () => {
  const project = folder();
  const { stdout } = isostream(project, 'init', '--provider', 'kafka');
  expect(JSON.parse(readFileSync(join(project, 'isostream.json'), 'utf8'))).toEqual({
    provider: 'kafka',
    url: 'kafka://localhost:9092',
  });
  expect(stdout).toContain('npm install isostream zod @isostream/kafka');
  expect(stdout).toContain('npx isostream broker start kafka');
});

it('init overwrites nothing', () => {
  const project = folder({ 'consumer.mjs': 'mine' });
  const { status, stderr } = isostream(project, 'init');
  expect([status, stderr]).toEqual([2, expect.stringContaining('consumer.mjs exists here, and nothing was written')]);
  expect(readFileSync(join(project, 'consumer.mjs'), 'utf8')).toBe('mine');
});

it('doctor finds nothing wrong with a project as init leaves it', () => {
  const project = folder({ 'package.json': {} });
  isostream(project, 'init');
  const { status, findings } = doctor(project);
  expect(findings.get('project')).toMatch(/^ok/);
  expect(findings.get('provider')).toMatch(/^ok: memory answers/);
  expect(status).toBe(0);
});

it('doctor says how to start a broker where none answers', () => {
  const project = folder({ 'package.json': {}, 'isostream.json': { url: 'kafka://127.0.0.1:1' } });
  const { status, findings } = doctor(project);
  expect([status, findings.get('provider')]).toEqual([
    1,
    expect.stringMatching(/^failed: .*127\.0\.0\.1:1.* npx isostream broker start kafka$/),
  ]);
});

it('doctor fails for the adapter that is configured and not installed, and for no other', () => {
  const project = folder({ 'package.json': {}, 'isostream.json': { provider: 'kafka' } });
  for (const [state, args] of [
    ['failed', []],
    ['missing', ['--url', 'memory:']],
  ] as const) {
    const all = [...without('@isostream/kafka'), ...command, 'doctor', '--json', ...args];
    const { stdout } = spawnSync('node', all, { encoding: 'utf8', cwd: project, env });
    expect(JSON.parse(stdout)).toContainEqual({
      ...{ what: 'adapter kafka', state },
      detail: expect.stringContaining('npm install @isostream/kafka kafkajs'),
    });
  }
});

it('doctor names what is wrong with the project, and the cure', () => {
  const project = folder({
    'package.json': { dependencies: { isostream: '1.0.0', '@isostream/not-there': '1.0.0' } },
    'node_modules/isostream/package.json': { version: '1.0.0' },
    'node_modules/@isostream/kafka/package.json': { version: '0.9.0' },
    'tsconfig.json': '{ // old\n "compilerOptions": { "moduleResolution": "node10" } }',
  });
  expect(projectFindings(project)).toEqual([
    failed('versions', /^1\.0\.0 of isostream; 0\.9\.0 of @isostream\/kafka\. Install one version/),
    failed('packages', /^@isostream\/not-there .*npm install$/),
    failed('typescript', /^moduleResolution "node10" .*nodenext/),
  ]);
});

it('doctor finds a second copy of the core, wherever it lies', () => {
  const version = { version: '1.0.0' };
  const project = folder({
    'package.json': {},
    'node_modules/isostream/package.json': version,
    'node_modules/@isostream/core/package.json': version,
    'node_modules/@isostream/kafka/package.json': version,
    'node_modules/@isostream/kafka/node_modules/@isostream/core/package.json': { version: '0.9.0' },
  });
  const second = 'node_modules/@isostream/kafka/node_modules/@isostream/core';
  expect(projectFindings(project)).toEqual([
    failed('copies', new RegExp(`^2 of @isostream/core: 1\\.0\\.0 in .*, 0\\.9\\.0 in ${second}\\. .*npm dedupe$`)),
  ]);
});

it('doctor finds files that are written as modules where Node expects none', () => {
  const program = "import { connect } from 'isostream';\nimport { join } from 'node:path';\n";
  expect(projectFindings(folder({ 'package.json': {}, 'a.js': program, 'src/b.js': 'import "isostream";' }))).toEqual([
    failed('modules', /^a\.js, src\/b\.js are written with import.*"type": "module".*\.mjs$/),
  ]);
  for (const fine of [
    { 'package.json': { type: 'module' }, 'a.js': program },
    { 'package.json': {}, 'a.mjs': program, 'b.js': "const { connect } = require('isostream');" },
  ])
    expect(projectFindings(folder(fine))).toMatchObject([{ what: 'project', state: 'ok' }]);
});

it('doctor finds a compiler that is too old, and one that would look for modules as it did long ago', () => {
  const project = (version: string, compilerOptions: object): string =>
    folder({
      'package.json': { type: 'module' },
      'node_modules/typescript/package.json': { version },
      'tsconfig.json': JSON.stringify({ compilerOptions }),
    });
  expect(projectFindings(project('5.3.3', { module: 'nodenext' }))).toEqual([
    failed('typescript', /^5\.3\.3 is too old .*Install 5\.4 or newer/),
  ]);
  expect(projectFindings(project('5.9.3', { module: 'commonjs' }))).toEqual([
    failed('typescript', /^module "commonjs" in tsconfig\.json, without moduleResolution, .*nodenext/),
  ]);
  for (const [version, options] of [
    ['5.4.5', { module: 'nodenext' }],
    ['5.9.3', { module: 'esnext', moduleResolution: 'bundler' }],
    ['7.0.2', { module: 'esnext' }],
  ] as const)
    expect(projectFindings(project(version, options))).toMatchObject([{ what: 'project', state: 'ok' }]);
});

it('doctor reads a configuration as the compiler does: with aliases like comments, and with what it extends', () => {
  for (const config of [
    '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] }, "module": "esnext", "moduleResolution": "bundler" }, "include": ["src/**/*.ts"] }',
    '{ "extends": "./tsconfig.base.json", "compilerOptions": { "module": "esnext" } }',
    '{ "compilerOptions": { "module": "nodenext" // "moduleResolution": "node"\n } }',
  ]) {
    const project = folder({
      'package.json': { type: 'module' },
      'node_modules/typescript/package.json': { version: '5.9.3' },
      'tsconfig.json': config,
    });
    expect(projectFindings(project)).toMatchObject([{ what: 'project', state: 'ok' }]);
  }
});

it('doctor says where there is no project, and knows one that is as it should be', () => {
  expect(projectFindings(folder())).toEqual([
    { what: 'project', state: 'missing', detail: expect.stringMatching(/^no package\.json/) },
  ]);
  const fine = folder({
    'package.json': { dependencies: { isostream: '1.0.0' } },
    'node_modules/isostream/package.json': { version: '1.0.0' },
    'tsconfig.json': '{ "compilerOptions": { "module": "nodenext" } /* "moduleResolution": "node" */ }',
  });
  expect(projectFindings(fine)).toMatchObject([{ what: 'project', state: 'ok' }]);
});

function failed(what: string, detail: RegExp): unknown {
  return { what, state: 'failed', detail: expect.stringMatching(detail) };
}
