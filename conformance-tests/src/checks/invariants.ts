import type { Capabilities } from '@isostream/core/adapter';
import type { Entry } from '../history/entry.ts';
import { byGroup, isSettled, ofKind } from '../history/history.ts';
import { type Check, eachGroup, tell } from './check.ts';
import { contiguousCommits, monotonicCommits, noLateCommits } from './commits.ts';
import { countBy, everySendAnswered, honestSends, isolatedTopics, receiptsNameThePlace } from './delivery.ts';
import { fencingTokensGrow, noCommitsAfterEnd, noLateDeliveries, signalsTellOfLosses } from './assignments.ts';
import {
  afterPredecessors,
  growingPositions,
  perKeyOrder,
  singleFlightPerKey,
  stablePartition,
  uniquePositions,
} from './order.ts';
import { repeatsAreSuffixes, repeatsAreUncommitted } from './repeats.ts';
import { attemptsCount } from './retry.ts';

/** Every acknowledged event of a topic is settled by each group that reads it, or has its letter. */
const settledByEachGroup: Check = (entries) =>
  byGroup(entries).flatMap((own) => {
    const done = new Set(own.filter(isSettled).map(({ id }) => id));
    return tell(
      'lost',
      ofKind(own, 'sent').flatMap(({ id }) => (done.has(id) ? [] : [id])),
    );
  });

/** While nothing breaks, and no assignment is lost, no group is given an event a second time but for its next attempt. */
const onceWhileUndisturbed: Check = (entries) => (isDisturbed(entries) ? [] : firstAttemptsOnce(entries));

const firstAttemptsOnce: Check = eachGroup((entries) => {
  const firsts = ofKind(entries, 'deliver').flatMap(({ id, attempt }) => (attempt === 1 ? [id] : []));
  return tell(
    'delivered more than once',
    [...countBy(firsts)].flatMap(([id, count]) => (count > 1 ? [`${id} (${count}x)`] : [])),
  );
});

function isDisturbed(entries: readonly Entry[]): boolean {
  return entries.some(
    (entry) =>
      ['fault', 'broken', 'lost', 'aborted', 'doubt', 'commit-failed'].includes(entry.kind) ||
      (entry.kind === 'send-failed' && entry.outcome === 'unknown'),
  );
}

/** The name of what holds in every history. */
export type Invariant =
  | 'all delivered'
  | 'nothing else is delivered'
  | 'exactly once'
  | 'every send answered'
  | 'honest sends'
  | 'receipts name the place'
  | 'positions are unique'
  | 'positions grow'
  | 'stable partition'
  | 'order per key'
  | 'after predecessors'
  | 'single flight per key'
  | 'attempts count'
  | 'contiguous commits'
  | 'monotonic commits'
  | 'no commit by a former owner'
  | 'no commit after the end'
  | 'no handler starts late'
  | 'repeats are suffixes'
  | 'repeats were uncommitted'
  | 'signals tell of losses'
  | 'fencing tokens grow';

const always = (check: Check) => (): Check => check;

/**
 * What holds in every history, whatever was done. The runner applies each to every scenario; one that does what an
 * invariant is not about says so, in `without`.
 */
export const invariants: Readonly<Record<Invariant, (capabilities: Capabilities) => Check>> = {
  'all delivered': always(settledByEachGroup),
  'nothing else is delivered': always(isolatedTopics),
  'exactly once': always(onceWhileUndisturbed),
  'every send answered': always(everySendAnswered),
  'honest sends':
    ({ idempotentWrites }: Capabilities): Check =>
    (entries) =>
      honestSends(entries, idempotentWrites),
  'receipts name the place': always(receiptsNameThePlace),
  'positions are unique': always(uniquePositions),
  'positions grow': always(growingPositions),
  'stable partition': always(stablePartition),
  'order per key': always(perKeyOrder),
  'after predecessors': always(afterPredecessors),
  'single flight per key': always(singleFlightPerKey),
  'attempts count': always(attemptsCount),
  'contiguous commits': always(contiguousCommits),
  'monotonic commits': always(monotonicCommits),
  'no commit by a former owner': always(noLateCommits),
  'no commit after the end': always(noCommitsAfterEnd),
  'no handler starts late': ({ settlement }) => noLateDeliveries(undefined, settlement),
  'repeats are suffixes': always(repeatsAreSuffixes),
  'repeats were uncommitted': always(repeatsAreUncommitted()),
  'signals tell of losses': always(signalsTellOfLosses),
  'fencing tokens grow': always(fencingTokensGrow),
};

/**
 * What each invariant finds wrong with a history; `without`: those that a scenario is not about; `groups`: whose handlers are
 * recorded, also if they are never called.
 */
export function judgeInvariants(
  entries: readonly Entry[],
  capabilities: Capabilities,
  without: Readonly<Partial<Record<Invariant, string>>> = {},
  groups: ReadonlySet<string> = new Set(),
): Readonly<Record<string, readonly string[]>> {
  const judged = recorded(entries, groups);
  return Object.fromEntries(
    Object.entries(invariants).flatMap(([name, check]) =>
      Object.hasOwn(without, name) ? [] : [[name, check(capabilities)(judged)]],
    ),
  );
}

/** Without groups whose handlers the suite did not record: what they settled nobody knows. */
function recorded(entries: readonly Entry[], known: ReadonlySet<string>): readonly Entry[] {
  const groups = new Set([...known, ...ofKind(entries, 'deliver').map(groupName)]);
  return entries.filter((entry) => !('group' in entry) || groups.has(groupName(entry)));
}

/** A group on a topic, as a key. */
export function groupName({ topic, group }: { readonly topic: string; readonly group: string }): string {
  return `${topic}\n${group}`;
}
