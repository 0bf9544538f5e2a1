import {
  cannotRun,
  type MutantReport,
  type ReportDocument,
  scenarios,
  type ScenarioReport,
} from '@isostream/conformance';
import { type Command, Option } from 'commander';
import { parseWhole, usage } from '../client.ts';
import { interruption } from '../interruption.ts';
import { checkOutput } from '../output-file.ts';
import { paint, print, say } from '../terminal.ts';
import { runAllMutants, selectMutants, writeMutants } from './conformance-mutants.ts';
import {
  addReportCommands,
  hasTimelines,
  type Outputs,
  withOutputOptions,
  writeMutantPage,
  writeReport,
} from './conformance-reports.ts';
import { commandOf } from './conformance-command.ts';
import { addCleanUpCommand, preflightOrEnd } from './conformance-service.ts';
import { documentOf, runAll, select, type TimedReport } from './conformance-run.ts';
import { createHarness, suites, type Tested } from './conformance-suites.ts';
import { expectedFailures } from './harness-module.ts';

interface ConformanceOptions extends Outputs, Tested {
  readonly expectedFailures?: string;
  readonly scenario?: readonly string[];
  readonly seed?: string;
  readonly repeat: string;
  readonly mutants?: string;
}

/** The conformance suite. Exit code 0 only if everything asked for ran and passed. */
export function addConformanceCommand(program: Command): void {
  const conformance = program
    .command('conformance')
    .description('prove a provider against the contract')
    .addOption(
      new Option(
        '--provider <name>',
        'what to test (default: the provider of the address; memory without one)',
      ).choices(Object.keys(suites)),
    )
    .option('--url <address>', 'a running service (default: ISOSTREAM_URL); without one, a broker is started')
    .option(
      '--prefix <text>',
      'before the names of all topics and groups (default with a running service: isostream-conformance-)',
    )
    .option(
      '--destructive <fault...>',
      'with a running service: restart=<command> runs scenarios in which it is restarted; the command ends when it is back',
    )
    .option('--config <file>', 'JSON file with provider settings (default: isostream.json)')
    .option('--harness <module>', 'test the adapter of this module, which exports a harness; see docs/adapters.md')
    .option(
      '--expected-failures <file>',
      'JSON file of scenarios that fail, each with the reason; one that passes fails the run',
    )
    .addOption(
      new Option('--mode <mode>', 'how to start the broker').choices(['auto', 'native', 'docker']).default('auto'),
    )
    .option('--scenario <ids...>', 'what ids begin with, such as key-order, or whole ids (default: all)')
    .option('--seed <number>', 'repeats a run (default: random, printed)')
    .option('--repeat <times>', 'number of runs, each with the next seed', '1')
    .addOption(
      new Option(
        '--mutants [which]',
        'run wrong versions of the provider instead: every one must be caught; "own" are those that only it can have; else their names',
      ).preset('all'),
    )
    .action(prove);
  withOutputOptions(conformance);
  addReportCommands(conformance);
  addCleanUpCommand(conformance);
}

async function prove(options: ConformanceOptions): Promise<void> {
  const seed =
    options.seed === undefined ? Math.floor(Math.random() * 1_000_000) : parseWhole(options.seed, '--seed', 0);
  if (options.mutants !== undefined && options.scenario !== undefined)
    throw usage('each mutant names the scenarios that must catch it. Leave out --scenario or --mutants');
  if (options.mutants !== undefined && (options.junit !== undefined || options.github === true))
    throw usage('wrong versions are written as JSON and as HTML. Leave out --junit and --github, or --mutants');
  for (const file of [options.json, options.html, options.junit]) checkOutput(file);
  const selected = select(options.scenario);
  const rounds = parseWhole(options.repeat, '--repeat', 1);
  const expected = await expectedFailures(options.expectedFailures, scenarios);
  const harness = await createHarness(options);
  if (harness.prefix !== undefined && options.mutants === undefined) await preflightOrEnd(harness, selected.length);
  const date = new Date().toISOString();
  const command = commandOf(options, harness.name, seed);
  let failed = 0;
  let passed = 0;
  let differing: readonly string[] = [];
  let absent: readonly string[] = [];
  let expectedToFail: readonly string[] = [];
  try {
    if (options.mutants !== undefined) {
      const wrong = await selectMutants(harness, options.mutants);
      const reports: MutantReport[] = [];
      const pages: ReportDocument[] = [];
      const keep = (mutant: MutantReport, runs: readonly TimedReport[]): void => {
        const again = commandOf({ ...options, mutants: mutant.mutant }, harness.name, mutant.seed);
        pages.push(
          documentOf(harness, { date, command: again, seed: mutant.seed, selected: [], reports: runs, mutant }),
        );
      };
      for (let round = 0; round < rounds; round++)
        reports.push(
          ...(await runAllMutants(harness, wrong, seed + round, options.html === undefined ? undefined : keep)),
        );
      if (options.html !== undefined) await writeMutantPage(pages, options.html);
      if (options.json !== undefined) await writeMutants(options.json, { seed, mutants: reports });
      const having = (...verdicts: readonly MutantReport['verdict'][]): readonly string[] =>
        reports.flatMap((report) => (verdicts.includes(report.verdict) ? [report.mutant] : []));
      passed = having('killed').length;
      failed = having('survived', 'unproven').length;
      absent = [...new Set(having('absent'))];
    } else {
      const reports: TimedReport[] = [];
      for (let round = 0; round < rounds; round++)
        reports.push(...(await runAll(harness, selected, seed + round, hasTimelines(options))));
      const known = reports.filter(({ scenario, verdict }) => expected.has(scenario) && verdict === 'failed');
      const mended = reports.filter(({ scenario, verdict }) => expected.has(scenario) && isPass(verdict));
      for (const { scenario } of known) say(`  fails as expected: ${scenario}: ${expected.get(scenario)}`);
      for (const { scenario } of mended)
        say(
          `${paint('red', '✗')} ${scenario} passes, and ${options.expectedFailures} says that it fails: ${expected.get(scenario)}`,
        );
      expectedToFail = [...new Set(known.map(({ scenario }) => scenario))];
      failed = reports.filter(({ verdict }) => verdict === 'failed').length - known.length + mended.length;
      differing = reports.flatMap(({ scenario, verdict }) => (verdict === 'differs' ? [scenario] : []));
      passed = reports.length - failed - known.length - differing.length;
      const report = documentOf(harness, { date, command, seed, selected, reports });
      await writeReport(report, options);
      for (const each of report.differences) say(paint('dim', `  not as the service: ${each}`));
    }
  } finally {
    await harness.close();
  }
  // What it made is cleared up; a count of what ran till then would look like a result.
  if (interruption.code !== undefined) process.exit(interruption.code === 0 ? 1 : interruption.code);
  const notRun = selected.filter((scenario) => cannotRun(scenario, harness)).map(({ id }) => id);
  const gap =
    notRun.length === 0 || options.mutants !== undefined
      ? ''
      : `, NOT RUN: ${notRun.join(' ')} (skipped: destructive scenarios run only against brokers this command started)`;
  say(`seed ${seed}`);
  const others = [...new Set(differing)];
  const ledger = others.length === 0 ? '' : `, not as the service: ${others.join(' ')}`;
  const unseen = absent.length === 0 ? '' : `, cannot be made here: ${absent.join(' ')}`;
  const foreseen = expectedToFail.length === 0 ? '' : `, failing as expected: ${expectedToFail.join(' ')}`;
  const result = `${passed} passed, ${failed} failed${foreseen}${ledger}${unseen}${gap}`;
  // Whoever asked for JSON on standard output gets JSON and nothing else.
  if (options.json === '-') say(result);
  else print(result);
  // A scenario that hung may hold sockets and timers: the verdict is known.
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

function isPass(verdict: ScenarioReport['verdict']): boolean {
  return verdict === 'passed' || verdict === 'refused';
}
