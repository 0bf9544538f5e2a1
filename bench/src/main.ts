import { writeFile } from 'node:fs/promises';
import { html } from './html.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { keep, writePage } from './page.ts';
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

const { provider, bench, url, only, quick, size, ...output } = await optionsOrExit();
try {
  if (!output.page) {
    const kind = output.cost ? 'cost' : output.scale ? 'scale' : undefined;
    const run = (kind === 'cost' ? bench.cost : kind === 'scale' ? bench.atScale : undefined) ?? bench.run;
    const once = kind === 'scale';
    const measured = await run({ url, only, scale: quick ? 0.1 : size, rounds });
    const { clients, notes } = bench;
    const report = createReport({
      provider: kind === undefined ? provider : `${provider}-${kind}`,
      rounds: once ? 1 : rounds,
      quick,
      clients,
      notes,
      ...measured,
    });
    process.stdout.write(`${output.json ? JSON.stringify(report, undefined, 2) : table(report)}\n`);
    if (output.html !== undefined) await writeFile(output.html, html(report));
    if (output.write) await keep(report);
  }
  if (output.write || output.page) await writePage();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
