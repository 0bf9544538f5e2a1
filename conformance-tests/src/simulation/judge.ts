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
import { expiredCode } from './service.ts';
import { byPlace, counted, gracefulLeases, hasRestarted, withoutDead, withoutDrains, withoutExpired } from './views.ts';
import type { Outcome } from './world.ts';

/** Puts one run before every check; what found nothing is left out. Pure. */
export function judge(plan: Plan, { entries, breaches, trouble }: Outcome): Findings {
  const {
    consumer,
    service: { settlement },
  } = plan;
  const valid = counted(entries, consumer.onFailure === 'skip' ? attemptsOf(consumer) : Infinity);
  const places = byPlace(valid);
  const findings: Record<string, readonly string[]> = {
    contract: tell('breaches of the adapter contract', breaches),
    trouble,
    allDelivered: allDelivered(withoutDead(valid)),
    perKeyOrder: perKeyOrder(withoutExpired(valid)),
    afterPredecessors: afterPredecessors(valid),
    singleFlightPerKey: singleFlightPerKey(valid),
    ...(settlement === 'watermark'
      ? { contiguousCommits: contiguousCommits(places), monotonicCommits: monotonicCommits(entries) }
      : { settledOnly: settledOnly(places), toldInOrder: toldInOrder(places) }),
    noLateCommits: noLateCommits(entries),
    attemptsCount: attemptsCount(places),
    everySendAnswered: everySendAnswered(entries),
    notWritten: honestSends(entries.filter((entry) => entry.kind !== 'send-failed' || entry.outcome !== 'unknown')),
    stablePartition: stablePartition(entries),
    inFlightAtMost: inFlightAtMost(consumer.maxInFlight?.events ?? 500)(withoutDrains(places)),
    concurrency: handlersAtMost(plan.view === 'batch' ? batchSize : (consumer.concurrency ?? 16))(valid),
    backoff: backoff(consumer)(attemptsOfLeases(places)),
    gracefulLeave: repeatsNothing(settlement)(places),
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

/** D2: a lease that was handed back in time leaves nothing behind that it had handed out and not told to be settled. */
export function repeatsNothing(settlement: 'watermark' | 'individual'): Check {
  return (entries) => {
    const graceful = gracefulLeases(entries);
    const handedOut = new Map<number, Set<number>>();
    const told = new Map<string, Set<number>>();
    const wrong: string[] = [];
    for (const entry of entries) {
      if (entry.kind === 'deliver')
        handedOut.set(entry.lease, (handedOut.get(entry.lease) ?? new Set()).add(Number(entry.position)));
      else if (entry.kind === 'commit')
        told.set(entry.partition, (told.get(entry.partition) ?? new Set()).add(Number(entry.position)));
      else if (entry.kind === 'revoke' && graceful.has(entry.lease)) {
        const positions = told.get(entry.partition) ?? new Set();
        const isTold = (position: number): boolean =>
          settlement === 'individual' ? positions.has(position) : position <= Math.max(-1, ...positions);
        const left = [...(handedOut.get(entry.lease) ?? [])].filter((position) => !isTold(position));
        if (left.length > 0) wrong.push(`${entry.partition}: lease ${entry.lease} handed out ${left.join()}`);
      }
    }
    return tell('left behind by a graceful leave', wrong);
  };
}

/** NO-LOSS, where events are settled one by one: what the service was told to be settled was. */
export const settledOnly: Check = (entries) => {
  const settled = new Set<string>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'dead' || (entry.kind === 'settle' && entry.result === 'ok')) settled.add(entry.id);
    else if (entry.kind === 'commit') {
      const place = `${entry.partition}/${entry.position}`;
      if (!settled.has(place)) wrong.push(place);
    }
  }
  return tell('told to be settled before they were', wrong);
};

/** Events of a key are told to be settled in their order: else a service could hand out the later one first. */
export const toldInOrder: Check = (entries) => {
  const keys = new Map<string, string | null>();
  const open = new Map<string | null, Set<string>>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'deliver' && !keys.has(entry.id)) {
      keys.set(entry.id, entry.key);
      open.set(entry.key, (open.get(entry.key) ?? new Set()).add(entry.id));
    } else if (entry.kind === 'dead' && entry.code === expiredCode)
      open.get(keys.get(entry.id) ?? null)?.delete(entry.id);
    else if (entry.kind === 'commit') {
      const place = `${entry.partition}/${entry.position}`;
      const ofKey = open.get(keys.get(place) ?? null) ?? new Set();
      const [first] = ofKey;
      if (ofKey.delete(place) && first !== place) wrong.push(`${place} before ${first}`);
    }
  }
  return tell('told out of order', wrong);
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
