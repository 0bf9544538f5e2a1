import { type Capabilities, linkedSignal, openAdapter } from '@isostream/core/adapter';
import type { Harness } from '../suites/harness.ts';
import type { Entry } from '../history/entry.ts';
import { countBy } from '../checks/delivery.ts';
import { judgeInvariants } from '../checks/invariants.ts';
import { brokenConnections, sentUnderFault } from '../checks/while-broken.ts';
import { ofKind } from '../history/history.ts';
import { keysAtOnce, overlaps } from '../checks/order.ts';
import type { Findings, Scenario } from './scenario.ts';
import { type Clause, clauseOf } from './clause.ts';
import type { Distortion } from '../mutants/distortion.ts';
import { Stage } from './stage.ts';

/** What one scenario showed. */
export interface ScenarioReport {
  readonly provider: string;
  readonly scenario: string;
  readonly clause: Clause;
  readonly title: string;
  /**
   * `refused`: the capability is declared absent, and using it was refused as promised. `differs`: not run, since what
   * runs here is not as the service that it stands for.
   */
  readonly verdict: 'passed' | 'refused' | 'failed' | 'differs';
  readonly seed: number;
  readonly ms: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Findings of the checks that failed. */
  readonly failures: Findings;
}

export interface RunOptions {
  readonly harness: Harness;
  readonly scenarios: readonly Scenario[];
  readonly seed: number;
  readonly scale?: number;
  readonly distortion?: Distortion;
  /** Ends the scenario that runs, clears up after it, and starts no other. */
  readonly signal?: AbortSignal;
  readonly onStart?: (scenario: Scenario) => void;
  readonly onEnd?: (report: ScenarioReport, entries: readonly Entry[]) => void;
}

/** Runs scenarios one after the other; never throws for what a scenario does. */
export async function runScenarios(options: RunOptions): Promise<ScenarioReport[]> {
  const reports: ScenarioReport[] = [];
  for (const scenario of options.scenarios) {
    // Callers name what they leave out; see `cannotRun`.
    if (cannotRun(scenario, options.harness)) continue;
    if (options.signal?.aborted === true) break;
    options.onStart?.(scenario);
    const { report, entries } = isDifferent(scenario, options.harness)
      ? { report: notRun(scenario, options), entries: [] }
      : await runScenario(scenario, options);
    options.onEnd?.(report, entries);
    reports.push(report);
    await options.harness.renew?.();
  }
  return reports;
}

/** Nobody can break a service that is somebody else's, unless its owner said how: such a scenario is not run, and whoever reports must say so. */
export function cannotRun(scenario: Scenario, harness: Harness): boolean {
  const { breaks } = scenario;
  const { faults, onlyFaults, worker, stall } = harness;
  if (breaks === undefined) return false;
  if (breaks === 'own-members') return worker === undefined && (faults === undefined || onlyFaults !== undefined);
  if (breaks === 'one-member') return worker === undefined ? stall === undefined : faults?.cutOff === undefined;
  if (breaks === 'throttling') return faults?.throttle === undefined;
  return faults === undefined || (onlyFaults !== undefined && (breaks !== 'restart' || !onlyFaults.includes(breaks)));
}

function isDifferent({ id }: Scenario, { differences = [] }: Harness): boolean {
  return differences.some((each) => typeof each !== 'string' && each.scenarios?.includes(id) === true);
}

function notRun(of: Scenario, { harness, seed }: RunOptions): ScenarioReport {
  const { id: scenario, title } = of;
  return {
    provider: harness.name,
    scenario,
    clause: clauseOf(of),
    title,
    verdict: 'differs',
    seed,
    ms: 0,
    counts: {},
    failures: {},
  };
}

/** What a provider declares. */
export async function capabilitiesOf(harness: Harness): Promise<Capabilities> {
  const adapter = openAdapter(harness.createAdapter('probe'));
  await adapter.close();
  return adapter.capabilities;
}

/** For letting go of everything a scenario used. */
const closeMs = 30_000;

async function runScenario(
  scenario: Scenario,
  options: RunOptions,
): Promise<{ readonly report: ScenarioReport; readonly entries: readonly Entry[] }> {
  const { harness, seed, scale, distortion } = options;
  const start = performance.now();
  const timeoutMs = scenario.timeoutMs ?? 90_000;
  const [late, cancel] = within(timeoutMs);
  const overdue = linkedSignal([late, options.signal]).signal;
  const capabilities = await capabilitiesOf(harness);
  const stage = new Stage({
    harness,
    capabilities,
    clause: clauseOf(scenario),
    seed,
    signal: overdue,
    ...(scale === undefined ? {} : { scale }),
    ...(distortion === undefined ? {} : { distortion }),
  });
  const { needs } = scenario;
  const isDeclared = needs === undefined || needs.isDeclared(capabilities);
  const stray = strayErrors();
  const own = await judged(() => (isDeclared ? scenario.run(stage) : needs.refused(stage)), overdue, timeoutMs);
  cancel();
  // Of one that broke off nobody knows what it would have come to.
  const kept = own.isOver ? judgeInvariants(stage.history.entries, capabilities, scenario.without, stage.groups) : {};
  const findings = merged(own.findings, kept);
  const [closeOverdue, cancelClose] = within(closeMs);
  const end = await judged(
    async () => {
      await stage.close();
      return {};
    },
    closeOverdue,
    closeMs,
  );
  cancelClose();
  await stray.end();
  // A refusal that nobody asserts is a skip.
  const asserted = isDeclared || Object.keys(own.findings).length > 0 ? [] : ['nothing was asserted about the refusal'];
  const failures = Object.fromEntries(
    Object.entries({
      ...findings,
      refusal: asserted,
      waits: stage.vain,
      consumers: stage.ended,
      process: stray.errors,
      ...prefixed('close', end.findings),
    }).filter(([, found]) => found.length > 0),
  );
  const { entries } = stage.history;
  const report: ScenarioReport = {
    provider: harness.name,
    scenario: scenario.id,
    clause: clauseOf(scenario),
    title: scenario.title,
    verdict: Object.keys(failures).length > 0 ? 'failed' : isDeclared ? 'passed' : 'refused',
    seed,
    ms: Math.round(performance.now() - start),
    counts: counts(entries, stage.stalls.longestMs),
    failures,
  };
  return { report, entries };
}

/** Aborted after so long, by a timer that keeps the process alive: what hangs must be told. */
function within(ms: number): readonly [signal: AbortSignal, cancel: () => void] {
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(), ms);
  return [overdue.signal, () => clearTimeout(timer)];
}

/** Errors that nobody handled: each would end a program that does not look out for them. */
function strayErrors(): { readonly errors: readonly string[]; readonly end: () => Promise<void> } {
  const errors: string[] = [];
  const told = (kind: string) => (error: unknown) =>
    void errors.push(`${kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const rejection = told('unhandled rejection');
  const exception = told('uncaught exception');
  process.on('unhandledRejection', rejection).on('uncaughtException', exception);
  const end = async (): Promise<void> => {
    // Rejections are told of at the end of a turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', rejection).off('uncaughtException', exception);
  };
  return { errors, end };
}

interface Judged {
  readonly findings: Findings;
  /** It came to its end, in time. */
  readonly isOver: boolean;
}

async function judged(run: () => Promise<Findings>, signal: AbortSignal, timeoutMs: number): Promise<Judged> {
  // A scenario whose wait times out throws by itself soon after the signal; one that hangs elsewhere is left behind.
  const hung = new Promise<Judged>((resolve) => {
    const findings = { time: [`did not end within ${timeoutMs} ms`] };
    signal.addEventListener('abort', () => setTimeout(() => resolve({ findings, isOver: false }), 1_000), {
      once: true,
    });
  });
  try {
    return await Promise.race([run().then((findings) => ({ findings, isOver: true })), hung]);
  } catch (error) {
    const findings = { error: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
    return { findings, isOver: false };
  }
}

function merged(own: Findings, invariants: Findings): Findings {
  return {
    ...own,
    ...Object.fromEntries(Object.entries(invariants).map(([name, found]) => [name, [...(own[name] ?? []), ...found]])),
  };
}

function prefixed(name: string, findings: Findings): Findings {
  return Object.fromEntries(Object.entries(findings).map(([check, found]) => [`${name}: ${check}`, found]));
}

function counts(entries: readonly Entry[], longestStallMs: number): Record<string, number> {
  const deliveries = ofKind(entries, 'deliver');
  const firsts = countBy(
    deliveries.flatMap((entry) => (entry.attempt === 1 ? [`${entry.topic}/${entry.group}/${entry.id}`] : [])),
  );
  return {
    sent: ofKind(entries, 'sent').length,
    deliveries: deliveries.length,
    retries: deliveries.filter((entry) => entry.attempt > 1).length,
    duplicates: [...firsts.values()].reduce((sum, count) => sum + count - 1, 0),
    overlaps: overlaps(entries).length,
    keysAtOnce: keysAtOnce(entries),
    assignments: ofKind(entries, 'assign').length,
    lost: ofKind(entries, 'lost').length,
    commits: ofKind(entries, 'commit').length,
    told: ofKind(entries, 'told').length,
    deadLetters: ofKind(entries, 'dead').length,
    doubts: ofKind(entries, 'doubt').length,
    brokenConnections: brokenConnections(entries),
    commitsFailed: ofKind(entries, 'commit-failed').length,
    sendsFailed: ofKind(entries, 'send-failed').length,
    sentUnderFault: sentUnderFault(entries),
    longestStallMs: Math.round(longestStallMs),
  };
}
