import { openAdapter } from '@isostream/core/adapter';
import type { Harness } from '@isostream/conformance';
import type { Service, Subject } from '../subject.ts';
import { type Judgement, judge, notHandled } from './judge.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

/** What a client did in one scenario. */
export interface Result extends Judgement {
  readonly subject: string;
  readonly scenario: string;
  readonly seed: number;
  readonly ms: number;
  readonly sent: number;
  readonly deliveries: number;
  /** Errors that nobody handled, members that ended by themselves, commands that hung; and why sends failed. */
  readonly errors: readonly string[];
  /** How many of them are not of sends. */
  readonly unhandled: number;
  /** Why it was not run on this client, or shows nothing. */
  readonly notRun?: string;
}

/** What was not handled yet says nothing about a client that was still at work. */
function excused({ broken, noted, findings }: Judgement): Judgement {
  const late = broken.filter(({ what }) => what === notHandled);
  return {
    broken: broken.filter(({ what }) => what !== notHandled),
    noted: [...noted, ...late.map(({ count }) => ({ what: 'not handled yet after a minute', count }))],
    findings: findings.map((finding) => finding.replace(/^(\d+) lost/, '$1 not handled yet')),
  };
}

export async function runScenario(
  subject: Subject,
  scenario: Scenario,
  harness: Harness,
  seed: number,
): Promise<Result> {
  const head = { subject: subject.name, scenario: scenario.id, seed };
  const none = {
    ...head,
    ms: 0,
    sent: 0,
    deliveries: 0,
    broken: [],
    noted: [],
    findings: [],
    errors: [],
    unhandled: 0,
  };
  if (scenario.hasMembers === true && subject.isInProcess === true)
    return { ...none, notRun: 'it lives in one process' };
  if (scenario.needsPause === true && subject.hasNoPause === true) return { ...none, notRun: 'it has no pause' };
  const { worker } = harness;
  const service: Service = { settings: worker?.settings, createAdapter: (clientId) => harness.createAdapter(clientId) };
  const stage = new Stage(subject, harness, service, seed);
  const start = performance.now();
  const probe = openAdapter(harness.createAdapter('probe'));
  try {
    await stage.open();
    const outcome = await scenario.run(stage);
    const { entries } = stage.history;
    const deliveries = stage.deliveries();
    const judgement = judge(entries, probe.capabilities, outcome);
    const little = outcome.vacuous ?? (deliveries < 40 ? `only ${deliveries} events were delivered` : undefined);
    const vacuous = judgement.broken.length === 0 ? little : undefined;
    return {
      ...head,
      ms: Math.round(performance.now() - start),
      sent: stage.entriesOf('sent').length,
      deliveries,
      ...(stage.isStillAtWork ? excused(judgement) : judgement),
      errors: [...stage.errors, ...[...stage.sendErrors].map((why) => `a send failed: ${why}`)],
      unhandled: stage.errors.length,
      ...(vacuous === undefined ? {} : { notRun: vacuous }),
    };
  } finally {
    await probe.close();
    await stage.close();
  }
}
