// npm run comparison -- [--subject a,b] [--scenario x,y] [--seed n] [--write] [--page]
import { parseArgs } from 'node:util';
import { runScenario } from './run/run.ts';
import { scenarios } from './run/scenarios.ts';
import { describe } from './report/describe.ts';
import { write } from './report/write.ts';
import { startService } from './services.ts';
import type { ServiceName } from './subject.ts';
import { subjects } from './subjects/index.ts';

const { values } = parseArgs({
  options: {
    subject: { type: 'string' },
    scenario: { type: 'string' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
  },
});

function chosen<T>(all: readonly T[], nameOf: (each: T) => string, wanted: string | undefined): readonly T[] {
  if (wanted === undefined) return all;
  const names = wanted.split(',');
  for (const name of names)
    if (!all.some((each) => nameOf(each).startsWith(name)))
      throw new Error(`there is no ${name}. Valid: ${all.map(nameOf).join(', ')}`);
  return all.filter((each) => names.some((name) => nameOf(each).startsWith(name)));
}

if (values.page) {
  // Runs nothing: the page is made anew from what was recorded.
  await write([], new Map());
  process.exit(0);
}
const chosenSubjects = chosen(subjects, ({ name }) => name, values.subject);
const chosenScenarios = chosen(scenarios, ({ id }) => id, values.scenario);
const isWhole = values.subject === undefined && values.scenario === undefined;
const services = new Map<ServiceName, string>();
const say = (text: string): boolean => process.stderr.write(`${text}\n`);

for (const name of new Set(chosenSubjects.map(({ service }) => service))) {
  const harness = await startService(name, say);
  services.set(name, harness.broker);
  try {
    for (const subject of chosenSubjects.filter(({ service }) => service === name)) {
      say(`${subject.name} on ${harness.broker}`);
      for (const scenario of chosenScenarios) {
        const result = await runScenario(subject, scenario, harness, Number(values.seed));
        if (isWhole || values.write) await write([result], services);
        say(`  ${scenario.id}: ${describe(result)} (${(result.ms / 1_000).toFixed(1)} s)`);
        if (!isWhole) for (const line of [...result.findings, ...result.errors]) say(`      ${line}`);
        await harness.renew?.();
      }
    }
  } finally {
    await harness.close();
  }
}
// A client that hung may hold sockets and timers: the results are known.
process.exit(0);
