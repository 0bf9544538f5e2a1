import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Check } from '../src/checks/check.ts';
import { contiguousCommits, monotonicCommits, noLateCommits } from '../src/checks/commits.ts';
import {
  allDelivered,
  everySendAnswered,
  exclusive,
  honestSends,
  isolatedTopics,
  resumesAfter,
  strangers,
} from '../src/checks/delivery.ts';
import { inFlightAtMost, noDeliveryBetween, noHandOverBetween } from '../src/checks/limits.ts';
import {
  afterPredecessors,
  growingPositions,
  perKeyOrder,
  senderOrder,
  singleFlightPerKey,
  stablePartition,
} from '../src/checks/order.ts';
import { noCommitsAfterEnd, noLateDeliveries, signalsTellOfLosses } from '../src/checks/assignments.ts';
import { repeatsAreSuffixes } from '../src/checks/repeats.ts';
import { attemptsCount, deadLettersOf, deliveredTimes } from '../src/checks/retry.ts';
import { backoffBounds } from '../src/checks/waits.ts';
import type { Entry } from '../src/history/entry.ts';
import { ofKind } from '../src/history/history.ts';
import * as defects from './support/defects.ts';
import type { Defect, Pick } from './support/defects.ts';
import { policy, room, type Run, runs } from './support/simulation.ts';

/** No event fails; some fail, but none for good; some go to the dead letters. */
const calm = runs(0);
const failing = runs(policy.attempts - 1);
const poisoned = runs(policy.attempts);

const waitMs = (attempt: number): number => Math.min(policy.maxMs, policy.initialMs * 2 ** (attempt - 2));
const backoff = backoffBounds({ ...policy, jitter: 0, lateMs: Infinity });
const poisonOf = ({ failures }: Run): Set<string> =>
  new Set([...failures].flatMap(([id, count]) => (count >= policy.attempts ? [id] : [])));
const lettersOf = (run: Run): Check => deadLettersOf(poisonOf(run));
const timesOf = ({ failures }: Run): Check =>
  deliveredTimes((id) => Math.min((failures.get(id) ?? 0) + 1, policy.attempts));

type CheckOf = (run: Run) => Check;
const always =
  (check: Check): CheckOf =>
  () =>
    check;

describe('a group without faults', () => {
  const promises: Record<string, readonly [CheckOf, fc.Arbitrary<Run>]> = {
    'delivers all': [always(allDelivered), failing],
    'delivers nothing else': [always(strangers), poisoned],
    'delivers once': [always(exclusive), calm],
    'is honest about sends': [always(honestSends), poisoned],
    'answers every send': [always(everySendAnswered), poisoned],
    'keeps topics apart': [always(isolatedTopics), poisoned],
    'keeps the order of keys': [always(perKeyOrder), poisoned],
    'waits for predecessors': [always(afterPredecessors), poisoned],
    'repeats nothing out of order': [always(repeatsAreSuffixes), poisoned],
    'starts nothing late': [always(noLateDeliveries()), poisoned],
    'commits nothing after the end': [always(noCommitsAfterEnd), poisoned],
    'loses nothing in silence': [always(signalsTellOfLosses), poisoned],
    'runs one handler a key': [always(singleFlightPerKey), poisoned],
    'keeps the order of senders': [always(senderOrder), poisoned],
    'keeps a key in its partition': [always(stablePartition), poisoned],
    'has growing positions': [always(growingPositions), poisoned],
    'commits what is settled': [always(contiguousCommits), poisoned],
    'commits forwards': [always(monotonicCommits), poisoned],
    'commits nothing late': [always(noLateCommits), poisoned],
    'counts attempts': [always(attemptsCount), poisoned],
    'tries as often as due': [timesOf, poisoned],
    'waits as the policy says': [always(backoff), poisoned],
    'writes the letters that are due': [lettersOf, poisoned],
    'holds what it has room for': [always(inFlightAtMost(room)), poisoned],
  };
  for (const [what, [checkOf, histories]] of Object.entries(promises)) {
    it(`${what}, and its checker agrees`, () => {
      fc.assert(
        fc.property(histories, (run) => {
          expect(checkOf(run)(run.entries)).toEqual([]);
        }),
      );
    });
  }
});

/** The history passes; with the defect anywhere in it, it does not. */
function noticed(
  what: string,
  histories: fc.Arbitrary<Run>,
  defect: Defect,
  checks: Readonly<Record<string, CheckOf>>,
): void {
  describe(`${what} is noticed`, () => {
    for (const [name, checkOf] of Object.entries(checks)) {
      it(`by ${name}`, () => {
        fc.assert(
          fc.property(histories, fc.nat(), (run, choice) => {
            const pick: Pick = (items) => items[choice % items.length];
            const broken = defect(run.entries, pick);
            fc.pre(broken !== undefined);
            expect(checkOf(run)(run.entries)).toEqual([]);
            expect(checkOf(run)(broken)).not.toEqual([]);
          }),
        );
      });
    }
  });
}

noticed('a lost event', failing, defects.lostEvent, {
  allDelivered: always(allDelivered),
  deliveredTimes: timesOf,
  contiguousCommits: always(contiguousCommits),
});
noticed('a duplicate', calm, defects.duplicate, { exclusive: always(exclusive), deliveredTimes: timesOf });
noticed('a duplicate after retries', failing, defects.duplicate, { attemptsCount: always(attemptsCount) });
noticed('an event that nobody sent', poisoned, defects.stranger, {
  strangers: always(strangers),
  allDelivered: (run) => (poisonOf(run).size === 0 ? allDelivered : strangers),
});
noticed('a swap within a key', failing, defects.swapWithinKey, {
  perKeyOrder: always(perKeyOrder),
  afterPredecessors: always(afterPredecessors),
});
noticed('a swap of one sender', failing, defects.swapWithinSender, { senderOrder: always(senderOrder) });
noticed('a repetition in another order', poisoned, defects.repeatsBackwards, {
  repeatsAreSuffixes: always(repeatsAreSuffixes),
});
noticed('a repetition with a hole', poisoned, defects.repeatsWithAHole, {
  repeatsAreSuffixes: always(repeatsAreSuffixes),
});
noticed('an event that its owner left out', calm, defects.leftOut, { repeatsAreSuffixes: always(repeatsAreSuffixes) });
noticed('a handler that starts late', poisoned, defects.lateDelivery, {
  noLateDeliveries: always(noLateDeliveries()),
});
noticed('a handler of a former owner that was not told', poisoned, defects.lateDeliveryUntold, {
  noLateDeliveries: always(noLateDeliveries()),
});
noticed('a loss in silence', failing, defects.lossInSilence, { signalsTellOfLosses: always(signalsTellOfLosses) });
noticed('an overlap', calm, defects.overlap, {
  singleFlightPerKey: always(singleFlightPerKey),
  afterPredecessors: always(afterPredecessors),
});
noticed('an early commit', poisoned, defects.earlyCommit, { contiguousCommits: always(contiguousCommits) });
noticed('an early commit that failed', poisoned, defects.earlyCommitThatFailed, {
  contiguousCommits: always(contiguousCommits),
});
noticed('a commit that goes back', poisoned, defects.commitGoesBack, { monotonicCommits: always(monotonicCommits) });
noticed('a commit by a former owner', poisoned, defects.lateCommit, {
  noLateCommits: always(noLateCommits),
  noCommitsAfterEnd: always(noCommitsAfterEnd),
});
noticed('a wrong attempt number', failing, defects.wrongAttempt, { attemptsCount: always(attemptsCount) });
noticed('an attempt left out', poisoned, defects.attemptLeftOut, { deliveredTimes: timesOf });
noticed('an early retry', failing, defects.earlyBackoff(waitMs), { backoffBounds: always(backoff) });
noticed('a lost letter', poisoned, defects.letterLost, { deadLettersOf: lettersOf });
noticed('a letter twice', poisoned, defects.letterTwice, { deadLettersOf: lettersOf });
noticed('a letter of a handled event', poisoned, defects.letterOfAHandledEvent, { deadLettersOf: lettersOf });
noticed('a lost answer', calm, defects.answerLost, { everySendAnswered: always(everySendAnswered) });
noticed('a false refusal', failing, defects.falseRefusal, { honestSends: always(honestSends) });
noticed('a second answer', calm, defects.secondAnswer, {
  honestSends: always(honestSends),
  everySendAnswered: always(everySendAnswered),
});
noticed('a delivery from another topic', poisoned, defects.wrongTopic, { isolatedTopics: always(isolatedTopics) });
noticed('a key that moves', calm, defects.movedKey, { stablePartition: always(stablePartition) });
noticed('a position that does not grow', calm, defects.positionGoesBack, {
  growingPositions: always(growingPositions),
});
noticed('a read without room', poisoned, defects.tooMuchRead(room), { inFlightAtMost: always(inFlightAtMost(room)) });

/** A mark at a moment when no handler runs; `distort` changes what comes after it. */
function noticedAfter(
  what: string,
  distort: (before: readonly Entry[], after: readonly Entry[], pick: Pick) => readonly Entry[] | undefined,
): void {
  it(`${what} is noticed`, () => {
    fc.assert(
      fc.property(calm, fc.nat(), fc.nat(), ({ entries }, at, choice) => {
        const quiet = [...entries.keys()].filter((index) => isQuiet(entries.slice(0, index)));
        const index = quiet[at % quiet.length];
        const [before, after] = [entries.slice(0, index), entries.slice(index)];
        const broken = distort(before, after, (items) => items[choice % items.length]);
        fc.pre(broken !== undefined);
        const mark: Entry = { kind: 'mark', name: 'restart', at: 0 };
        expect(resumesAfter('restart')([...before, mark, ...after])).toEqual([]);
        expect(resumesAfter('restart')([...before, mark, ...broken])).not.toEqual([]);
      }),
    );
  });
}

/** Two marks in a row, then one of them on either side of what must not be between them. */
function noticedWhile(what: string, kind: Entry['kind'], check: Check): void {
  it(`${what} is noticed`, () => {
    fc.assert(
      fc.property(failing, fc.nat(), ({ entries }, choice) => {
        const places = [...entries.keys()].filter((index) => entries[index]?.kind === kind);
        const index = places[choice % places.length];
        fc.pre(index !== undefined);
        const paused: Entry = { kind: 'mark', name: 'paused', at: 0 };
        const resumed: Entry = { kind: 'mark', name: 'resumed', at: 0 };
        expect(check(entries.toSpliced(index, 0, paused, resumed))).toEqual([]);
        expect(check(entries.toSpliced(index + 1, 0, resumed).toSpliced(index, 0, paused))).not.toEqual([]);
      }),
    );
  });
}

describe('a restart', () => {
  noticedAfter('that repeats a settled event', (before, after, pick) => {
    const again = pick(ofKind(before, 'deliver'));
    return again === undefined ? undefined : [...after, again];
  });

  noticedAfter('that forgets an open event', (_, after, pick) => {
    const forgotten = pick(ofKind(after, 'deliver'));
    return forgotten === undefined ? undefined : after.filter((entry) => entry !== forgotten);
  });
});

describe('a pause', () => {
  noticedWhile('in which a handler starts', 'deliver', noDeliveryBetween('paused', 'resumed'));
  noticedWhile('in which a partition changes hands', 'revoke', noHandOverBetween('paused', 'resumed'));
});

function isQuiet(entries: readonly Entry[]): boolean {
  return ofKind(entries, 'deliver').length === ofKind(entries, 'settle').length;
}
