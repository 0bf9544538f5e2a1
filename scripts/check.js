// Everything that can be known about the sources without running them. Goes through all steps, then says which failed.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { stage } from './packages/stage.js';

const failed = [];

// The others read what the compiler writes.
await step('types', ['tsc', '-b', 'tsconfig.check.json']);
if (failed.length === 0) {
  const packages = await stage();
  const steps = [
    ['api reports', ['node', 'scripts/api.js', '--check']],
    ['lint', ['oxlint']],
    ['format', ['oxfmt', '--check', '.']],
    ['unused code and dependencies', ['knip']],
    ['docs site', ['node', 'scripts/docs.js']],
    ['architecture', ['vitest', 'run', '--project', 'unit', 'test/architecture.test.ts']],
    ...packages.flatMap(({ folder, manifest }) => [
      [`package ${manifest.name}`, ['publint', '--strict', folder]],
      [`types of ${manifest.name} as packed`, ['attw', '--pack', folder, '--profile', 'esm-only', '--quiet']],
    ]),
  ];
  const workers = Array.from({ length: Math.min(4, availableParallelism()) }, async () => {
    for (let next = steps.shift(); next !== undefined; next = steps.shift()) await step(...next);
  });
  await Promise.all(workers);
}
console.log(failed.length === 0 ? 'everything holds' : `failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Shows the output of a step only if it fails. */
async function step(name, [command, ...args]) {
  const start = performance.now();
  const { code, output } = await run(command, args);
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
  if (code === 0) return;
  failed.push(name);
  console.log(`${command} ${args.join(' ')}\n${output}`);
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: `node_modules/.bin:${process.env['PATH']}` };
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
