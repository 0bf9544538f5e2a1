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
