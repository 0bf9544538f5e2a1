import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { makePlan } from './plan.ts';
import { addTallies, playPlan, type Tally } from './run-seed.ts';
import { shrink } from './shrink.ts';
import { findingLines, traceLines } from './trace.ts';
import { vacuous } from './vacuity.ts';
import type { Stretch } from './worker.ts';

const usage = `simulate: the whole engine on a simulated service, one history a seed

  --seeds <n>   how many seeds (default 2000)
  --from <n>    the first one (default 1)
  --jobs <n>    threads (default: one a core)
  --seed <n>    this seed alone; a failing one is cut down to a short history
  --trace       with --seed: its whole history`;

/** Seeds that a thread is given at once. */
const stretch = 50;

try {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      from: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(usage);
  else if (values.seed === undefined)
    await runMany(whole('seeds', values.seeds), whole('from', values.from), whole('jobs', values.jobs));
  else await runOne(whole('seed', values.seed), values.trace);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || text.trim() === '')
    throw new RangeError(`--${option} is ${JSON.stringify(text)}. Give a whole number`);
  return value;
}

async function runMany(seeds: number, from: number, jobs: number): Promise<void> {
  const start = performance.now();
  const tally = await onThreads(seeds, from, Math.max(1, Math.min(jobs, Math.ceil(seeds / stretch))), (sofar) => {
    if (process.stderr.isTTY)
      process.stderr.write(`\r${sofar.seeds} of ${seeds} seeds, ${sofar.failures.length} failed `);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  for (const { seed, findings } of tally.failures.slice(0, 20))
    console.log(`✗ seed ${seed}: ${findingLines(findings).join('; ')}`);
  if (tally.failures.length > 20) console.log(`… and ${tally.failures.length - 20} more`);
  const [first] = tally.failures;
  if (first !== undefined) await showShort(first.seed);
  for (const [name, count] of Object.entries(tally.seen).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`  ${name}: in ${((count / tally.seeds) * 100).toFixed(1)} % of seeds`);
  const missing = vacuous(tally);
  for (const line of missing) console.log(`✗ too seldom: ${line}`);
  const seconds = (performance.now() - start) / 1_000;
  console.log(`seeds ${from} to ${from + seeds - 1} in ${seconds.toFixed(0)} s`);
  const failed = tally.failures.length + missing.length;
  console.log(`${seeds - tally.failures.length} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Threads take stretches of seeds as they finish the ones before. */
function onThreads(seeds: number, from: number, jobs: number, onTally: (sofar: Tally) => void): Promise<Tally> {
  return new Promise((resolve, reject) => {
    let next = from;
    let total: Tally = { seeds: 0, failures: [], seen: {} };
    const feed = (worker: Worker): void => {
      const count = Math.min(stretch, from + seeds - next);
      if (count <= 0) return void worker.terminate();
      worker.postMessage({ from: next, count } satisfies Stretch);
      next += count;
    };
    if (seeds === 0) return resolve(total);
    for (let job = 0; job < jobs; job++) {
      const worker = new Worker(new URL('./worker.js', import.meta.url));
      worker.once('error', reject);
      worker.on('message', (tally: Tally) => {
        total = addTallies(total, tally);
        onTally(total);
        feed(worker);
        if (total.seeds === seeds) resolve({ ...total, failures: total.failures.toSorted((a, b) => a.seed - b.seed) });
      });
      feed(worker);
    }
  });
}

async function runOne(seed: number, trace: boolean): Promise<void> {
  const { findings, entries } = await playPlan(makePlan(seed));
  const failed = Object.keys(findings).length > 0;
  if (trace) console.log(traceLines(entries).join('\n'));
  for (const line of findingLines(findings)) console.log(`✗ seed ${seed}: ${line}`);
  if (failed) await showShort(seed);
  console.log(failed ? '0 passed, 1 failed' : '1 passed, 0 failed');
  process.exitCode = failed ? 1 : 0;
}

/** The shortest history found that fails in the same way, and how to see it all. */
async function showShort(seed: number): Promise<void> {
  const plan = makePlan(seed);
  const checks = Object.keys((await playPlan(plan)).findings);
  const short = await shrink(plan, async (candidate) => {
    const { findings } = await playPlan(candidate);
    return checks.some((check) => findings[check] !== undefined);
  });
  const { findings, entries } = await playPlan(short);
  console.log(`\nseed ${seed}, cut down to ${short.load.length} events and ${short.faults.length} faults:`);
  console.log(traceLines(entries).join('\n'));
  for (const line of findingLines(findings)) console.log(`✗ ${line}`);
  console.log(`plan: ${JSON.stringify(short)}`);
  console.log(`the whole history: npm run simulate -- --seed ${seed} --trace\n`);
}
