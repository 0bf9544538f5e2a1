import type { ConsumerOptions } from '@isostream/core';
import {
  afterPredecessors,
  allDelivered,
  attemptsAtMost,
  attemptsCount,
  backoffBounds,
  type Check,
  contiguousCommits,
  type Entry,
  everySendAnswered,
  failedKeysStayFailed,
  honestSends,
  inFlightAtMost,
  jitterIsDrawn,
  lettersAfterTheLastAttempt,
  monotonicCommits,
  noFailedKeys,
  noLateCommits,
  perKeyOrder,
  repeatsAreSuffixes,
  resumesAfter,
  singleFlightPerKey,
  stablePartition,
  tell,
  waitsForRoom,
} from '@isostream/conformance/checks';
import type { Findings } from '@isostream/conformance';
import { bytesInFlightAtMost, largestGoesFirst } from './bytes.ts';
import { gapsPublished, nothingBeyondAGap } from './gaps.ts';
import { nothingAfterTheAssignmentEnded } from './hand-outs.ts';
import { nothingWaitsForNobody } from './idle.ts';
import { restartMark } from './marks.ts';
import { batchSize } from './member.ts';
import type { Plan } from './plan.ts';
import { repeatsNothing, settledOnly, toldInOrder } from './settling.ts';
import { spanAtMost } from './span.ts';
import {
  byPartition,
  byPlace,
  counted,
  hasRestarted,
  withoutDead,
  withoutDrains,
  withoutExpired,
  withoutGaps,
} from './views.ts';
import type { Outcome } from './world.ts';

/** One run, and the views of it that several checks share. */
interface Case {
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly entries: readonly Entry[];
  /** As the contract counts it. */
  readonly valid: readonly Entry[];
  readonly places: readonly Entry[];
}

/** Puts one run before every check; what found nothing is left out. Pure. */
export function judge(plan: Plan, outcome: Outcome): Findings {
  const { entries } = outcome;
  const { consumer } = plan;
  const valid = counted(entries, consumer.onFailure === 'skip' ? attemptsOf(consumer) : Infinity);
  const run = { plan, outcome, entries, valid, places: byPlace(valid) };
  const findings = {
    ...asAlways(run),
    ...sends(run),
    ...order(run),
    ...settling(run),
    ...retries(run),
    ...limits(run),
  };
  return Object.fromEntries(Object.entries(findings).filter(([, found]) => found.length > 0));
}

function asAlways({ outcome: { breaches, trouble, gaps }, plan, entries, valid, places }: Case): Findings {
  return {
    contract: tell('breaches of the adapter contract', breaches),
    trouble,
    allDelivered: allDelivered(withoutDead(valid)),
    gapsPublished: gapsPublished(gaps)(entries),
    ...(plan.consumer.onExpired === 'stop' ? { stopsAtGaps: nothingBeyondAGap(entries) } : {}),
    ...(plan.service.tellsLapses && plan.view !== 'batch'
      ? { nothingAfterTheAssignmentEnded: nothingAfterTheAssignmentEnded(entries) }
      : {}),
    ...(hasRestarted(places) ? { resumes: resumesAfter(restartMark)(withoutExpired(places)) } : {}),
  };
}

function sends({ plan: { producer }, entries }: Case): Findings {
  return {
    everySendAnswered: everySendAnswered(entries),
    notWritten: honestSends(entries.filter((entry) => entry.kind !== 'send-failed' || entry.outcome !== 'unknown')),
    stablePartition: stablePartition(entries),
    failedKeys: (producer.afterFailure === 'fail-key' ? failedKeysStayFailed : noFailedKeys)(entries),
    waitsForRoom: waitsForRoom(Math.min(Number(producer.maxBlock), Number(producer.deliveryTimeout)))(entries),
  };
}

function order({ plan: { consumer }, outcome: { contents }, valid }: Case): Findings {
  if (consumer.ordering === 'none') return {};
  const partitions = consumer.ordering === 'partition' ? byPartition(valid, contents.keys()) : [];
  return {
    perKeyOrder: perKeyOrder(withoutExpired(valid)),
    afterPredecessors: [...afterPredecessors(valid), ...afterPredecessors(partitions)],
    repeatsAreSuffixes: repeatsAreSuffixes(withoutExpired(valid)),
    singleFlightPerKey: [...singleFlightPerKey(valid), ...singleFlightPerKey(partitions)],
  };
}

function settling({ plan: { service, consumer }, entries, places }: Case): Findings {
  return {
    ...(service.settlement === 'watermark'
      ? { contiguousCommits: contiguousCommits(places), monotonicCommits: monotonicCommits(entries) }
      : {
          settledOnly: settledOnly(places),
          toldInOrder: consumer.ordering === 'none' ? [] : toldInOrder(places),
        }),
    noLateCommits: noLateCommits(entries),
    gracefulLeave: repeatsNothing(service.settlement)(places),
  };
}

function retries({ plan: { consumer, view }, entries, places }: Case): Findings {
  const attempts = attemptsOf(consumer);
  const calls = byPlace(entries);
  const letters = withoutGaps(calls);
  return {
    attemptsCount: attemptsCount(places),
    attemptsAtMost: attemptsAtMost(attempts)(places),
    letters:
      consumer.onFailure === 'dead-letter'
        ? lettersAfterTheLastAttempt(attempts)(letters)
        : tell(
            'letters that nobody asked for',
            letters.flatMap((entry) => (entry.kind === 'dead' ? [entry.id] : [])),
          ),
    backoff: backoffBounds({ ...waits(consumer), jitter: isDrawn(consumer) ? 1 : 0, lateMs: Infinity })(places),
    // A batch starts together what was drawn apart.
    ...(isDrawn(consumer) && view !== 'batch' ? { jitter: jitterIsDrawn(waits(consumer))(calls) } : {}),
  };
}

function limits({ plan, outcome: { contents }, entries, valid, places }: Case): Findings {
  const { consumer, service, view } = plan;
  const { concurrency = 16, maxInFlight: { events = 500, bytes = Infinity } = {}, maxSpan = 50_000 } = consumer;
  const undrained = withoutDrains(places);
  const bytesAt = (place: string): number => contents.get(place)?.bytes ?? 0;
  return {
    inFlightAtMost: inFlightAtMost(events)(undrained),
    bytesInFlightAtMost: bytesInFlightAtMost(Number(bytes), bytesAt)(undrained),
    largestGoesFirst: largestGoesFirst(Number(bytes), bytesAt)(entries),
    ...(service.settlement === 'watermark' ? { span: spanAtMost(maxSpan)(places) } : {}),
    concurrency: handlersAtMost(view === 'batch' ? batchSize : concurrency)(valid),
    ...(view === 'run'
      ? {
          idle: nothingWaitsForNobody({
            concurrency,
            attempts: attemptsOf(consumer),
            ...waits(consumer),
            skips: consumer.onFailure === 'skip',
            slotOf: slots(consumer, contents),
          })(byPlace(entries)),
        }
      : {}),
  };
}

/** What keeps order. */
function slots(
  { ordering }: Pick<ConsumerOptions, 'ordering'>,
  contents: Outcome['contents'],
): (place: string) => string | undefined {
  if (ordering === 'none') return () => undefined;
  if (ordering === 'partition') return (place) => place.split('/', 1)[0];
  return (place) => contents.get(place)?.key ?? undefined;
}

function attemptsOf(consumer: Pick<ConsumerOptions, 'retry'>): number {
  return consumer.retry?.attempts ?? 5;
}

function waits({ retry }: Pick<ConsumerOptions, 'retry'>): { readonly initialMs: number; readonly maxMs: number } {
  return { initialMs: Number(retry?.backoff?.initial ?? 0), maxMs: Number(retry?.backoff?.max ?? 0) };
}

function isDrawn({ retry }: Pick<ConsumerOptions, 'retry'>): boolean {
  return retry?.backoff?.jitter !== 'none';
}

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
