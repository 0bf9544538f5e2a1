import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import {
  cannotRun,
  clauseOf,
  formerIds,
  type Harness,
  type Mutant,
  type MutantReport,
  mutantsOf,
  type Reached,
  type ReportDocument,
  runMutants,
  runScenarios,
  type Scenario,
  scenarios,
  type ScenarioReport,
  timelineOf,
} from '@isostream/conformance';
import { type Command, Option } from 'commander';
import { adapterOptions, addressText, findConfig, type ProviderName } from 'isostream';
import { parseWhole, refuseContradiction, sourcesOf, usage } from '../client.ts';
import { interruption } from '../interruption.ts';
import { paint, print, say } from '../terminal.ts';
import {
  addReportCommands,
  hasTimelines,
  type Outputs,
  withOutputOptions,
  writeReport,
} from './conformance-reports.ts';
import { expectedFailures, harnessFrom } from './harness-module.ts';
import { json } from '../visible.ts';

interface HarnessOptions extends Reached {
  readonly mode: 'auto' | 'native' | 'docker';
  readonly progress: (text: string) => void;
}

interface Suite {
  /** As `connect` has it: what an address has to be of. */
  readonly provider: ProviderName;
  /** Starts its service itself, and cannot take one that runs already. */
  readonly startsAlways?: string;
  /** Each suite brings its adapter along: only the one that is asked for is loaded. */
  readonly start: (options: HarnessOptions) => Promise<Harness>;
}

const suites = {
  memory: {
    provider: 'memory',
    start: async () => (await import('@isostream/conformance/suites/memory')).memoryHarness(),
  },
  'memory-without-headers': {
    provider: 'memory',
    start: async () => (await import('@isostream/conformance/suites/memory')).bareMemoryHarness(),
  },
  'memory-individual': {
    provider: 'memory',
    start: async () => (await import('@isostream/conformance/suites/memory')).individualMemoryHarness(),
  },
  kafka: {
    provider: 'kafka',
    start: async (options) => (await import('@isostream/conformance/suites/kafka')).kafkaHarness(options),
  },
  'kafka-replicated': {
    provider: 'kafka',
    startsAlways: 'kafka-replicated kills its brokers, so it starts them itself',
    start: async (options) => (await import('@isostream/conformance/suites/kafka')).replicatedKafkaHarness(options),
  },
  kinesis: {
    provider: 'kinesis',
    start: async (options) => (await import('@isostream/conformance/suites/kinesis')).kinesisHarness(options),
  },
  'kinesis-aggregated': {
    provider: 'kinesis',
    start: async (options) =>
      (await import('@isostream/conformance/suites/kinesis')).kinesisHarness({ ...options, aggregation: true }),
  },
  pubsub: {
    provider: 'pubsub',
    start: async (options) => (await import('@isostream/conformance/suites/pubsub')).pubSubHarness(options),
  },
  'event-hubs': {
    provider: 'event-hubs',
    start: async (options) => (await import('@isostream/conformance/suites/event-hubs')).eventHubsHarness(options),
  },
} satisfies Readonly<Record<string, Suite>>;

type SuiteName = keyof typeof suites;

const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';

interface ConformanceOptions extends Outputs {
  readonly provider?: SuiteName;
  readonly url?: string;
  readonly config?: string;
  readonly harness?: string;
  readonly expectedFailures?: string;
  readonly mode: 'auto' | 'native' | 'docker';
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
}

async function prove(options: ConformanceOptions): Promise<void> {
  const seed =
    options.seed === undefined ? Math.floor(Math.random() * 1_000_000) : parseWhole(options.seed, '--seed', 0);
  if (options.mutants !== undefined && options.scenario !== undefined)
    throw usage('each mutant names the scenarios that must catch it. Leave out --scenario or --mutants');
  const selected = select(options.scenario);
  const rounds = parseWhole(options.repeat, '--repeat', 1);
  const expected = await expectedFailures(options.expectedFailures, scenarios);
  const harness = await createHarness(options);
  let failed = 0;
  let passed = 0;
  let differing: readonly string[] = [];
  let absent: readonly string[] = [];
  let expectedToFail: readonly string[] = [];
  try {
    if (options.mutants !== undefined) {
      const wrong = await selectMutants(harness, options.mutants);
      const reports: MutantReport[] = [];
      for (let round = 0; round < rounds; round++) reports.push(...(await runAllMutants(harness, wrong, seed + round)));
      if (options.json !== undefined) await writeMutants(options.json, { seed, mutants: reports });
      const having = (...verdicts: readonly MutantReport['verdict'][]): readonly string[] =>
        reports.flatMap((report) => (verdicts.includes(report.verdict) ? [report.mutant] : []));
      passed = having('killed').length;
      failed = having('survived', 'unproven').length;
      absent = [...new Set(having('absent'))];
    } else {
      const date = new Date().toISOString();
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
      const report = documentOf(harness, { date, seed, selected, reports });
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

type TimedReport = ReportDocument['scenarios'][number];

async function runAll(
  harness: Harness,
  selected: readonly Scenario[],
  seed: number,
  keepsHistory: boolean,
): Promise<readonly TimedReport[]> {
  const count = selected.filter((scenario) => !cannotRun(scenario, harness)).length;
  say(`${count} scenarios on ${harness.name} (${harness.broker}), seed ${seed}`);
  const start = performance.now();
  const done: TimedReport[] = [];
  await runScenarios({
    harness,
    scenarios: selected,
    seed,
    signal: interruption.signal,
    onStart: ({ id, title }) => {
      if (process.stderr.isTTY)
        process.stderr.write(
          `\r\u001b[2K  ${progress(done.length, count, performance.now() - start)} … ${id} ${title}`,
        );
    },
    onEnd: (report, entries) => {
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
      done.push(keepsHistory ? { ...report, timeline: timelineOf(entries) } : report);
      say(describe(report));
    },
  });
  return done;
}

/** How many of how many, for how long, and how long it may still take. */
function progress(done: number, count: number, ms: number): string {
  const seconds = (value: number): string => `${Math.round(value / 1_000)} s`;
  const left = done === 0 ? '' : `, about ${seconds((ms / done) * (count - done))} left`;
  return `${done + 1} of ${count}, ${seconds(ms)}${left}`;
}

function documentOf(
  harness: Harness,
  run: {
    readonly date: string;
    readonly seed: number;
    readonly selected: readonly Scenario[];
    readonly reports: readonly TimedReport[];
  },
): ReportDocument {
  const { name: provider, broker, differences = [] } = harness;
  const why = 'it breaks the service, and this one was not started by the suite';
  return {
    format: 'isostream-conformance',
    version: 1,
    provider,
    broker,
    date: run.date,
    command: `isostream conformance --provider ${provider} --seed ${run.seed}`,
    seed: run.seed,
    versions: { isostream: version, node: process.versions.node },
    differences: differences.map((each) => (typeof each === 'string' ? each : each.text)),
    scenarios: run.reports,
    notRun: run.selected
      .filter((scenario) => cannotRun(scenario, harness))
      .map((scenario) => ({ scenario: scenario.id, clause: clauseOf(scenario), title: scenario.title, why })),
  };
}

function runAllMutants(harness: Harness, wrong: readonly Mutant[], seed: number): Promise<MutantReport[]> {
  say(`${wrong.length} wrong versions of ${harness.name}, seed ${seed}`);
  return runMutants({
    harness,
    mutants: wrong,
    scenarios,
    seed,
    // In the time that a broker takes to answer small loads are over before anything goes wrong.
    ...(harness.worker === undefined ? {} : { scale: 1 }),
    onEnd: (report) => say(describeMutant(report)),
  });
}

async function selectMutants(harness: Harness, which: string): Promise<readonly Mutant[]> {
  const all = await mutantsOf(harness);
  if (which === 'all') return all;
  if (which === 'own') {
    if (harness.mutants !== undefined && harness.mutants.length > 0) return harness.mutants;
    throw usage(`${harness.name} has no mutants of its own. Leave "own" out: --mutants runs those of every provider`);
  }
  const wanted = which.split(',');
  for (const name of wanted) {
    if (!all.some((mutant) => mutant.name === name))
      throw usage(
        `${harness.name} has no mutant ${name}. Valid: all, own, ${all.map((mutant) => mutant.name).join(', ')}`,
      );
  }
  return all.filter((mutant) => wanted.includes(mutant.name));
}

function describeMutant({ mutant, verdict, defect, killedBy, alsoFailed, controlFailed }: MutantReport): string {
  const head = `${mutantMarks[verdict]()} ${mutant}: ${defect}. ${killedBy.join('; ')}`;
  const others =
    verdict === 'survived' && alsoFailed.length > 0 ? [`failed, but not to notice this: ${alsoFailed.join('; ')}`] : [];
  const control = controlFailed.map((finding) => `the right version fails as well: ${finding}`);
  return [head, ...[...others, ...control].map((line) => `      ${line}`)].join('\n');
}

const mutantMarks = {
  killed: () => paint('green', '✓ killed  '),
  survived: () => paint('red', '✗ SURVIVED'),
  absent: () => paint('green', '○ absent  '),
  unproven: () => paint('red', '✗ unproven'),
} as const;

const marks = { passed: '✓', refused: '○', differs: '≠' } as const;

function describe({ scenario, title, verdict, ms, counts, failures }: ScenarioReport): string {
  const mark = verdict === 'failed' ? paint('red', '✗') : paint('green', marks[verdict]);
  const figures = [
    `${counts['deliveries'] ?? 0} deliveries`,
    `${counts['retries'] ?? 0} retries`,
    `${counts['duplicates'] ?? 0} duplicates`,
    // What a member did not hand over but lost explains what came again.
    ...((counts['lost'] ?? 0) > 0 ? [`${counts['lost']} lost`] : []),
    `${(ms / 1_000).toFixed(1)} s`,
  ];
  const head = `${mark} ${scenario}: ${title} ${paint('dim', `(${figures.join(', ')})`)}`;
  const findings = Object.entries(failures).flatMap(([check, found]) => found.map((line) => `      ${check}: ${line}`));
  return [head, ...findings].join('\n');
}

function select(ids: readonly string[] | undefined): readonly Scenario[] {
  if (ids === undefined) return scenarios;
  const wanted = ids.flatMap((id) => id.split(','));
  for (const id of wanted) {
    if (id !== '' && scenarios.some((scenario) => scenario.id.startsWith(id))) continue;
    const now = Object.entries(formerIds).flatMap(([old, name]) => (old === id || isFamily(old, id) ? [name] : []));
    const cure =
      now.length > 0
        ? `Scenario ids have changed: it is now ${[...new Set(now)].join(',')}`
        : `Valid: what one of these begins with: ${scenarios.map((scenario) => scenario.id).join(', ')}`;
    throw usage(`there is no scenario ${id}. ${cure}`);
  }
  return scenarios.filter((scenario) => wanted.some((id) => scenario.id.startsWith(id)));
}

/** Ids were once a letter, for a family, and a number. */
function isFamily(old: string, letter: string): boolean {
  return letter.length === 1 && old.startsWith(letter);
}

function createHarness(options: ConformanceOptions): Promise<Harness> {
  const { mode } = options;
  if (options.harness !== undefined) {
    if (options.provider !== undefined || options.url !== undefined)
      throw usage('--harness brings its own adapter. Leave out --provider and --url');
    return harnessFrom(options.harness);
  }
  refuseContradiction(options.url);
  const configured = findConfig(sourcesOf(options));
  // What is proven is what the address says; only where nothing says anything it is the reference.
  const name = options.provider ?? configured?.provider ?? 'memory';
  const suite: Suite = suites[name];
  if (configured === undefined) return suite.start({ mode, progress: say });
  if (suite.provider !== configured.provider)
    throw usage(
      `--provider is ${name}, and ${sourceOf(options)} ${configured.provider}. Leave one of them out: what is proven is either the one or the other`,
    );
  const service = addressText(configured);
  if (service !== undefined && suite.startsAlways !== undefined)
    throw usage(`${suite.startsAlways}. Leave --url out (and ISOSTREAM_URL, and an address in a file), or take kafka`);
  return suite.start({
    mode,
    progress: say,
    options: adapterOptions(configured),
    ...(service === undefined ? {} : { service }),
  });
}

/** Which of the sources named the provider, for people. */
function sourceOf({ url }: ConformanceOptions): string {
  if (url !== undefined) return 'the address in --url is of';
  if (process.env['ISOSTREAM_URL'] !== undefined) return 'the address in ISOSTREAM_URL is of';
  return process.env['ISOSTREAM_PROVIDER'] === undefined ? 'the config file names' : 'ISOSTREAM_PROVIDER is';
}

async function writeMutants(file: string, report: object): Promise<void> {
  const text = `${json(report, 2)}\n`;
  if (file === '-') process.stdout.write(text);
  else await writeFile(file, text);
}
