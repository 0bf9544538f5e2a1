import { spawnSync } from 'node:child_process';
import {
  cannotRun,
  clauseOf,
  type Entry,
  explainAll,
  formerIds,
  type Harness,
  type MutantReport,
  type ReportDocument,
  runScenarios,
  type Scenario,
  scenarios,
  type ScenarioReport,
  timelineOf,
} from '@isostream/conformance';
import { usage } from '../client.ts';
import { interruption } from '../interruption.ts';
import { paint, say } from '../terminal.ts';
import { ownVersion } from '../version.ts';

export type TimedReport = ReportDocument['scenarios'][number];

/** Runs scenarios one after the other, and tells of each. */
export async function runAll(
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
      done.push(keepsHistory ? { ...report, ...told(report, entries) } : report);
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

/** What is kept of a run. */
export function documentOf(
  harness: Harness,
  run: {
    readonly date: string;
    readonly command: string;
    readonly seed: number;
    readonly selected: readonly Scenario[];
    readonly reports: readonly TimedReport[];
    readonly mutant?: MutantReport;
  },
): ReportDocument {
  const { name, broker, clients = [], differences = [] } = harness;
  const { mutant } = run;
  const commit = commitOf(process.cwd());
  const why = 'it breaks the service, and this one was not started by the suite';
  return {
    format: 'isostream-conformance',
    version: 1,
    provider: mutant === undefined ? name : `${name}, ${mutant.mutant}`,
    broker,
    ...(harness.isEmulator === true ? { emulator: true } : {}),
    ...(mutant === undefined
      ? {}
      : { mutant: { name: mutant.mutant, defect: mutant.defect, verdict: mutant.verdict } }),
    date: run.date,
    command: run.command,
    seed: run.seed,
    versions: {
      isostream: ownVersion(),
      node: process.versions.node,
      ...(commit === undefined ? {} : { commit }),
      ...(clients.length === 0 ? {} : { clients }),
    },
    differences: differences.map((each) => (typeof each === 'string' ? each : each.text)),
    scenarios: run.reports,
    notRun: run.selected
      .filter((scenario) => cannotRun(scenario, harness))
      .map((scenario) => ({ scenario: scenario.id, clause: clauseOf(scenario), title: scenario.title, why })),
  };
}

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

/** The commit that was tested, with `+` where files were changed since; `undefined` outside of a Git repository. */
function commitOf(folder: string): string | undefined {
  const git = (...args: readonly string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const head = git('rev-parse', 'HEAD');
  if (head === undefined || head === '') return undefined;
  return git('status', '--porcelain', '--untracked-files=no') === '' ? head : `${head}+`;
}

/** What was kept of a scenario, for a report. */
export function told({ failures }: ScenarioReport, entries: readonly Entry[]): Partial<TimedReport> {
  const explained = explainAll(failures, entries);
  return { timeline: timelineOf(entries), ...(explained.length === 0 ? {} : { explained }) };
}

/** Scenarios by what their ids begin with. */
export function select(ids: readonly string[] | undefined): readonly Scenario[] {
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
