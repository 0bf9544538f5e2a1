import { type BenchOptions, parseOptions, usage } from './options.ts';
import { createReport, table } from './report.ts';

const rounds = 3;

async function optionsOrExit(): Promise<BenchOptions> {
  try {
    return await parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return process.exit(2);
  }
}

const { provider, bench, url, only, quick, json } = await optionsOrExit();
try {
  const measured = await bench.run({ url, only, scale: quick ? 0.1 : 1, rounds });
  const report = createReport({ provider, rounds, quick, notes: bench.notes, ...measured });
  process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : table(report)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
