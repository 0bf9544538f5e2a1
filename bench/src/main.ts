import { benchKafka, kafkaNotes } from './kafka/bench.ts';
import { benchMemory, memoryNotes } from './memory/bench.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { createReport, table } from './report.ts';

const rounds = 3;

function optionsOrExit(): BenchOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return process.exit(2);
  }
}

const { provider, url, only, quick, json } = optionsOrExit();
const load = { scale: quick ? 0.1 : 1, rounds };
try {
  const measured = provider === 'kafka' ? await benchKafka({ ...load, url, only }) : await benchMemory(load);
  const report = createReport({
    provider,
    rounds,
    quick,
    notes: provider === 'kafka' ? kafkaNotes : memoryNotes,
    ...measured,
  });
  process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : table(report)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
