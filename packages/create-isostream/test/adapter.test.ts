import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Outside of the repository; of which it has the packages alone, as if they were installed. */
const home = mkdtempSync(join(tmpdir(), 'isostream-adapter-'));
const project = join(home, 'My Log');
afterAll(() => rmSync(home, { recursive: true, force: true }));

function run(cwd: string, ...command: readonly string[]): SpawnSyncReturns<string> {
  const { ISOSTREAM_URL: _, ...env } = process.env;
  return spawnSync('node', command, { encoding: 'utf8', cwd, env });
}

const isostream = join('node_modules', 'isostream', 'bin', 'isostream.js');

describe('an adapter that is written by the command', () => {
  it('compiles', () => {
    const { status, stdout, stderr } = run(
      home,
      join(root, 'packages/create-isostream/bin/create-isostream.js'),
      'My Log',
      '--adapter',
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain("  cd 'My Log'\n  npm install\n  npm test\n  npm run conformance\n");
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
    const compiled = run(project, join(root, 'node_modules/typescript/bin/tsc'));
    expect([compiled.status, compiled.stdout]).toEqual([0, '']);
  });

  it('has a test that passes: what is promised, a wrong version that is noticed, its leases', () => {
    const { status, stdout } = run(project, '--test', 'dist/adapter.test.js');
    expect([status, status === 0 ? '' : stdout]).toEqual([0, '']);
    expect(stdout).toMatch(/pass 9\b/);
  });

  it('passes the suite by its harness, and fails it once it is wrong', () => {
    const suite = (scenario: string) =>
      run(project, isostream, 'conformance', '--harness', './dist/harness.js', '--scenario', scenario);
    const right = suite('no-loss/all-is-handled,start-replay/a-group-is-reset,send/a-recreated');
    expect([right.status, right.stdout]).toEqual([0, expect.stringMatching(/[3-9] passed, 0 failed/)]);

    const file = join(project, 'dist/cursor.js');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('+= wanted.length', '+= wanted.length + 1'));
    const wrong = suite('no-loss/all-is-handled');
    expect([wrong.status, wrong.stdout]).toEqual([1, expect.stringMatching(/[1-9] failed/)]);
  });

  it('names all packages that it imports', () => {
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(project, 'package.json'), 'utf8'),
    ) as Readonly<Record<string, Readonly<Record<string, string>>>>;
    expect(Object.keys({ ...dependencies, ...peerDependencies })).toEqual([
      '@isostream/coordination',
      '@isostream/core',
    ]);
    expect(Object.keys({ ...devDependencies })).toEqual([
      '@isostream/conformance',
      '@isostream/core',
      '@types/node',
      'isostream',
      'typescript',
    ]);
  });
});

it('takes no framework and no provider', () => {
  const { status, stderr } = run(
    home,
    join(root, 'packages/create-isostream/bin/create-isostream.js'),
    'x',
    '--adapter',
    '--provider',
    'kafka',
  );
  expect([status, stderr]).toEqual([2, expect.stringContaining('An adapter has neither')]);
});
