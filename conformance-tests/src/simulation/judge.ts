import type { ConsumerOptions } from '@isostream/core';
import { type Check, tell } from '../checks/check.ts';
import { contiguousCommits, monotonicCommits, noLateCommits } from '../checks/commits.ts';
import { allDelivered, everySendAnswered, honestSends, resumesAfter } from '../checks/delivery.ts';
import { inFlightAtMost } from '../checks/limits.ts';
import { afterPredecessors, perKeyOrder, singleFlightPerKey, stablePartition } from '../checks/order.ts';
import { attemptsCount, backoffBounds } from '../checks/retry.ts';
import type { Entry } from '../history/entry.ts';
import type { Findings } from '../run/scenario.ts';
import type { Plan } from './plan.ts';
import { batchSize } from './member.ts';
import { restartMark } from './recorder.ts';
import { byPlace, counted, gracefulLeases, hasRestarted, withoutDead, withoutDrains, withoutExpired } from './views.ts';
import type { Outcome } from './world.ts';

/** Puts one run before every check; what found nothing is left out. Pure. */
export function judge(plan: Plan, { entries, breaches, trouble }: Outcome): Findings {
  const { consumer } = plan;
  const valid = counted(entries, consumer.onFailure === 'skip' ? attemptsOf(consumer) : Infinity);
  const places = byPlace(valid);
  const findings: Record<string, readonly string[]> = {
    contract: tell('breaches of the adapter contract', breaches),
    trouble,
    allDelivered: allDelivered(withoutDead(valid)),
    perKeyOrder: perKeyOrder(withoutExpired(valid)),
    afterPredecessors: afterPredecessors(valid),
    singleFlightPerKey: singleFlightPerKey(valid),
    contiguousCommits: contiguousCommits(places),
    monotonicCommits: monotonicCommits(entries),
    noLateCommits: noLateCommits(entries),
    attemptsCount: attemptsCount(places),
    everySendAnswered: everySendAnswered(entries),
    notWritten: honestSends(entries.filter((entry) => entry.kind !== 'send-failed' || entry.outcome !== 'unknown')),
    stablePartition: stablePartition(entries),
    inFlightAtMost: inFlightAtMost(consumer.maxInFlight?.events ?? 500)(withoutDrains(places)),
    concurrency: handlersAtMost(plan.view === 'batch' ? batchSize : (consumer.concurrency ?? 16))(valid),
    backoff: backoff(consumer)(attemptsOfLeases(places)),
    gracefulLeave: repeatsNothing(places),
    ...(hasRestarted(places) ? { resumes: resumesAfter(restartMark)(withoutExpired(places)) } : {}),
  };
  return Object.fromEntries(Object.entries(findings).filter(([, found]) => found.length > 0));
}

function attemptsOf(consumer: Pick<ConsumerOptions, 'retry'>): number {
  return consumer.retry?.attempts ?? 5;
}

/** Never early; how late an attempt starts is a matter of the other events. */
function backoff({ retry }: Pick<ConsumerOptions, 'retry'>): Check {
  const { initial = 0, max = 0, jitter } = retry?.backoff ?? {};
  return backoffBounds({
    initialMs: Number(initial),
    maxMs: Number(max),
    jitter: jitter === 'none' ? 0 : 1,
    lateMs: Infinity,
  });
}

/** Attempts count anew under each lease. */
function attemptsOfLeases(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) =>
    entry.kind === 'deliver' || entry.kind === 'settle' ? { ...entry, id: `${entry.lease}:${entry.id}` } : entry,
  );
}

/** D2: a lease that was handed back in time leaves nothing behind that it had handed out and not committed. */
export const repeatsNothing: Check = (entries) => {
  const graceful = gracefulLeases(entries);
  const highest = new Map<number, number>();
  const committed = new Map<string, number>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'deliver')
      highest.set(entry.lease, Math.max(highest.get(entry.lease) ?? -1, Number(entry.position)));
    else if (entry.kind === 'commit') committed.set(entry.partition, Number(entry.position));
    else if (entry.kind === 'revoke' && graceful.has(entry.lease)) {
      const [handed, safe] = [highest.get(entry.lease) ?? -1, committed.get(entry.partition) ?? -1];
      if (handed > safe)
        wrong.push(`${entry.partition}: lease ${entry.lease} handed out ${handed} and committed ${safe}`);
    }
  }
  return tell('left behind by a graceful leave', wrong);
};

/** KEYS-PARALLEL: a member runs no more handlers at once than it was told. */
function handlersAtMost(concurrency: number): Check {
  return (entries) => {
    const running = new Map<string, number>();
    const wrong: string[] = [];
    for (const entry of entries) {
      if (entry.kind !== 'deliver' && entry.kind !== 'settle') continue;
      const count = (running.get(entry.member) ?? 0) + (entry.kind === 'deliver' ? 1 : -1);
      running.set(entry.member, count);
      if (count > concurrency) wrong.push(`${entry.id} as number ${count} at ${entry.member}`);
    }
    return tell(`handlers beyond ${concurrency} at once`, wrong);
  };
}
