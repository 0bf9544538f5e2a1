// Runs the fuzzing tests alone: npm run fuzz -- [--inputs N] [--seed S] [filter…]. A seed repeats a run.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { inputs: { type: 'string', default: '2000' }, seed: { type: 'string' } },
});
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
console.log(`${values.inputs} inputs for each property, seed ${seed}. Repeat with --seed ${seed}`);

const folder = await mkdtemp(join(tmpdir(), 'isostream-fuzz-'));
const file = join(folder, 'report.json');
const args = ['run', ...positionals, '--project', 'fuzz', '--reporter=default', '--reporter=json'];
const child = spawn('npx', ['vitest', ...args, `--outputFile.json=${file}`], {
  stdio: 'inherit',
  env: { ...process.env, ISOSTREAM_FUZZ_INPUTS: values.inputs, ISOSTREAM_FUZZ_SEED: seed },
});
const code = await new Promise((resolve, reject) => {
  child.once('error', reject);
  child.once('close', resolve);
});
const { passed, failed } = await count();
await rm(folder, { recursive: true, force: true });
console.log(`\nseed ${seed}\n${passed} passed, ${failed} failed`);
process.exitCode = code === 0 && failed === 0 ? 0 : 1;

/** A run that breaks down counts as a failure whatever it counted. */
async function count() {
  try {
    const { numPassedTests, numTotalTests } = JSON.parse(await readFile(file, 'utf8'));
    const missing = numTotalTests - numPassedTests;
    return { passed: numPassedTests, failed: code === 0 ? missing : Math.max(1, missing) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
