import { describe, expect, it } from 'vitest';
import type { Adapter, EncodedEvent, Assignment } from '@isostream/core/adapter';
import {
  type AssignmentChanges,
  readSeen,
  rearranged,
  withAssignments,
  withoutGaps,
  withEvents,
  withRangeReads,
  withSink,
} from '@isostream/conformance/distortions';
import { type FaultKind, makePlan, type Plan } from '../src/plan.ts';
import { playPlan, runSeeds } from '../src/run-seed.ts';
import { shrink } from '../src/shrink.ts';
import { traceLines } from '../src/trace.ts';
import { vacuous } from '../src/vacuity.ts';
import type { Distortion } from '../src/world.ts';

const timeout = 120_000;

/** Wrong providers that core cannot make up for, and the check that has to see each. */
const wrong: readonly (readonly [what: string, check: string, distort: (adapter: Adapter) => Adapter])[] = [
  [
    'pages handed out backwards',
    'perKeyOrder',
    (adapter) =>
      withAssignments(adapter, (assignment) => ({ read: rearranged(assignment, (events) => events.toReversed()) })),
  ],
  [
    'events handed out twice',
    'attemptsCount',
    (adapter) => withAssignments(adapter, (assignment) => twice(assignment)),
  ],
  [
    'commits that reach one event too far',
    'contract',
    (adapter) =>
      withAssignments(adapter, (assignment) => ({
        commit: (upTo) => assignment.commit?.({ ...upTo, position: String(Number(upTo.position) + 1) }),
      })),
  ],
  [
    'commits that are answered and not made',
    'trouble',
    (adapter) => withAssignments(adapter, () => ({ commit: async () => undefined })),
  ],
  [
    'single events that are answered as settled and are not',
    'trouble',
    (adapter) => withAssignments(adapter, () => ({ settle: async () => undefined })),
  ],
  [
    'single events of a key settled in the wrong order',
    'toldInOrder',
    (adapter) =>
      withAssignments(adapter, (assignment) => ({ settle: (events) => assignment.settle?.(events.toReversed()) })),
  ],
  [
    'replays with pages handed out backwards',
    'trouble',
    (adapter) => withRangeReads(adapter, (cursor) => rearranged(cursor, (events) => events.toReversed())),
  ],
  [
    'writes that are made twice and out of order',
    'perKeyOrder',
    (adapter) =>
      withSink(adapter, (sink) => ({
        write: (route, batches, signal) =>
          sink.write(
            route,
            batches.map((batch) => ({ ...batch, events: batch.events.toReversed() })),
            signal,
          ),
      })),
  ],
];

/** Engines that were told something else than the plan, or are not told what happens; and the check that has to see each. */
const otherwise: readonly (readonly [what: string, check: string, distortion: Distortion])[] = [
  ['maxSpan ignored', 'span', { consumer: (options) => ({ ...options, maxSpan: 50_000 }) }],
  ['fail-key ignored', 'failedKeys', { producer: (options) => ({ ...options, afterFailure: 'continue' }) }],
  [
    'partitions that are kept in order by key only',
    'afterPredecessors',
    { consumer: (options) => (options.ordering === 'partition' ? { ...options, ordering: 'key' } : options) },
  ],
  [
    'events without order that wait for each other',
    'idle',
    { consumer: (options) => (options.ordering === 'none' ? { ...options, ordering: 'key' } : options) },
  ],
  ['gaps that nobody stops at', 'stopsAtGaps', { consumer: (options) => ({ ...options, onExpired: 'continue' }) }],
  [
    'one attempt too many',
    'attemptsAtMost',
    {
      consumer: ({ retry, ...options }) => ({ ...options, retry: { ...retry, attempts: (retry?.attempts ?? 0) + 1 } }),
    },
  ],
  [
    'bytes in flight ignored',
    'bytesInFlightAtMost',
    {
      consumer: ({ maxInFlight: { events = 500 } = {}, ...options }) => ({ ...options, maxInFlight: { events } }),
    },
  ],
  [
    'waits that are longer than the policy says',
    'idle',
    {
      consumer: ({ retry, ...options }) => ({
        ...options,
        retry: { ...retry, backoff: { ...retry?.backoff, max: 5_000 } },
      }),
    },
  ],
  ['a jitter that is always nothing', 'jitter', { random: () => 0 }],
  ['a jitter that is always all', 'jitter', { random: () => 0.999 }],
  [
    'a budget of the producer that is ignored',
    'contract',
    { producer: (options) => ({ ...options, maxBuffered: { events: 10_000 } }) },
  ],
  [
    'sends that wait for room for half the time',
    'waitsForRoom',
    { producer: (options) => ({ ...options, maxBlock: Number(options.maxBlock) / 2 }) },
  ],
  [
    'letters that count wrong',
    'letters',
    {
      adapter: (adapter) =>
        withSink(adapter, (sink, topic) =>
          topic.endsWith('.dlq') ? withEvents(sink, (events) => events.map(withOneAttemptMore)) : {},
        ),
    },
  ],
  [
    'dead letters where failing events are to be skipped',
    'letters',
    { consumer: (options) => ({ ...options, onFailure: 'dead-letter' }) },
  ],
  [
    'gaps that nobody is told of',
    'gapsPublished',
    {
      adapter: (adapter) => withAssignments(adapter, (assignment) => ({ read: withoutGaps(assignment) })),
    },
  ],
  [
    'hand-outs under an assignment that a member can tell to be over',
    'nothingAfterTheAssignmentEnded',
    {
      adapter: (adapter) => withAssignments(adapter, () => ({ isHeld: undefined })),
    },
  ],
];

describe('the simulation', () => {
  it('gives the same history for the same seed, byte for byte', { timeout }, async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const [first, second] = [await playPlan(makePlan(seed)), await playPlan(makePlan(seed))];
      expect(traceLines(second.entries), `seed ${seed}`).toEqual(traceLines(first.entries));
      expect(JSON.stringify(second.entries), `seed ${seed}`).toBe(JSON.stringify(first.entries));
    }
  });

  it('gives other histories for other seeds', async () => {
    const [one, other] = [await playPlan(makePlan(1)), await playPlan(makePlan(2))];
    expect(traceLines(one.entries)).not.toEqual(traceLines(other.entries));
  });

  it('finds nothing wrong with the engine in 200 seeds', { timeout }, async () => {
    const { failures, seeds } = await runSeeds(1, 200);
    expect(failures).toEqual([]);
    expect(seeds).toBe(200);
  });

  it.each([...wrong.map(([what, check, adapter]) => [what, check, { adapter }] as const), ...otherwise])(
    'finds %s, by %s',
    { timeout },
    async (_what, check, distortion) => {
      const found = new Set<string>();
      for (let from = 1; from < 240 && !found.has(check); from += 12) {
        const { failures } = await runSeeds(from, 12, distortion);
        for (const { findings } of failures) for (const name of Object.keys(findings)) found.add(name);
      }
      expect([...found]).toContain(check);
    },
  );

  it.each([
    'crash',
    'zombie',
    'rebalance',
    'commit-slow',
    'acknowledgement-lost',
    'trimmed',
    'replay',
  ] satisfies FaultKind[])('lets %s strike where a plan says so, and nowhere else', { timeout }, async (kind) => {
    const struck = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const { entries } = await playPlan(onlyFault(makePlan(seed), kind));
      for (const entry of entries) if (entry.kind === 'fault') struck.add(entry.name);
    }
    expect(struck).toEqual(new Set([kind]));
  });
});

describe('shrinking', () => {
  it('leaves a short plan that fails in the same way', { timeout }, async () => {
    const [, , adapter = (same: Adapter) => same] = wrong[0] ?? [];
    const { failures } = await runSeeds(1, 40, { adapter });
    const seed = failures.find(({ findings }) => findings['perKeyOrder'] !== undefined)?.seed ?? 0;
    const plan = makePlan(seed);
    const short = await shrink(plan, async (candidate) => {
      const { findings } = await playPlan(candidate, { adapter });
      return findings['perKeyOrder'] !== undefined;
    });
    expect((await playPlan(short, { adapter })).findings).toHaveProperty('perKeyOrder');
    expect(short.faults).toEqual([]);
    // One key needs two events to be out of order.
    expect(short.load.length, `seed ${seed}`).toBeLessThanOrEqual(6);
  });

  it('leaves a plan alone that fails only whole', async () => {
    const plan = makePlan(3);
    expect(await shrink(plan, async (candidate) => candidate === plan)).toBe(plan);
  });
});

describe('what happened too seldom', () => {
  it('is named', () => {
    expect(vacuous({ seeds: 1_000, seen: { 'fault crash': 3 } })).toContain(
      'fault crash: in 3 of 1000 seeds, at least 40 were due',
    );
  });

  it('is nothing where every share is reached', () => {
    const named = vacuous({ seeds: 1_000, seen: {} }).map((line) => line.slice(0, line.indexOf(':')));
    expect(vacuous({ seeds: 1_000, seen: Object.fromEntries(named.map((name) => [name, 1_000])) })).toEqual([]);
  });

  it('is not asked of a handful of seeds', () => {
    expect(vacuous({ seeds: 20, seen: {} })).toEqual([]);
  });
});

function onlyFault(plan: Plan, kind: FaultKind): Plan {
  const faults = Array.from({ length: 4 }, (_, index) => ({
    kind,
    step: 40 + index * 30,
    hops: index,
    pick: index,
    count: 2,
    ms: 5,
  }));
  return { ...plan, faults };
}

/** Hands every page over and, at the next read, once more. */
function twice(assignment: Assignment): AssignmentChanges {
  let again = false;
  return {
    async read(page, signal) {
      const [first] = await readSeen(assignment, page, signal);
      again = !again;
      if (first !== undefined && again) page.add(first);
    },
  };
}

function withOneAttemptMore(letter: EncodedEvent): EncodedEvent {
  const headers = letter.headers.map(
    ([name, value]) => [name, name === 'isostream-attempts' ? String(Number(value) + 1) : value] as const,
  );
  return { ...letter, headers };
}
