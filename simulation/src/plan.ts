import type { ConsumerOptions, ProducerOptions } from '@isostream/core';
import { below, type Random, seeded } from '@isostream/conformance/checks';

/** One event to send. */
export interface LoadItem {
  /** Milliseconds from the beginning. */
  readonly at: number;
  readonly key: string;
  readonly seq: number;
  /** Bytes that it carries besides what all carry. */
  readonly pad?: number;
  /** The sender gives up after so many milliseconds. */
  readonly abortAfter?: number;
}

/** Trouble with single calls: the next `count` calls of its kind meet it. */
export const callFaults = [
  'open-refused',
  'open-forbidden',
  'write-refused',
  'write-lost',
  'write-forbidden',
  'acknowledgement-lost',
  'batch-too-large',
  'partial-failure',
  'write-slow',
  'letter-refused',
  'letter-forbidden',
  'letter-acknowledgement-lost',
  'commit-refused',
  'commit-acknowledgement-lost',
  'commit-slow',
  'commit-forbidden',
  'read-slow',
] as const;

/** What happens to members at one moment. */
export const momentFaults = [
  'rebalance',
  'lease-lost',
  'zombie',
  'crash',
  'close',
  'hurried-close',
  'signal',
  'join',
  'pause',
  'restart',
  'routes-moved',
  'producer-closed',
  'trimmed',
  'replay',
] as const;

export type FaultKind = (typeof callFaults)[number] | (typeof momentFaults)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** At which step of the whole system: every call of an adapter and every handler is a few. */
  readonly step: number;
  /** Promise callbacks that still run before it. */
  readonly hops: number;
  /** Which member or partition. */
  readonly pick: number;
  readonly count: number;
  readonly ms: number;
}

/** What the topic takes of one event, in bytes: some are larger. */
export const maxEventBytes = 8_000;
/** A few small events or one of the larger; most of what is sent; more than there is. */
const byteBudgets = [1_500, 6_000, 16_000_000, 16_000_000] as const;

export type View = 'run' | 'batch' | 'stream';

/** Everything that one seed decides beforehand: data, so that it can be printed, cut down and run again. */
export interface Plan {
  readonly seed: number;
  readonly partitions: number;
  /** Otherwise the topic has no keys, whatever the load says. */
  readonly isKeyed: boolean;
  readonly members: number;
  readonly view: View;
  readonly load: readonly LoadItem[];
  readonly faults: readonly Fault[];
  readonly producer: ProducerOptions;
  readonly consumer: Omit<ConsumerOptions, 'group' | 'clientId'>;
  readonly service: {
    readonly settlement: 'watermark' | 'individual';
    readonly idempotent: boolean;
    /** A lane says that it may have been lost before its source does. */
    readonly tellsLapses: boolean;
    readonly laneBy: 'partition' | 'key';
    readonly routes: number;
    readonly requestsPerRoute: number;
    readonly lanesPerRequest: number;
    readonly eventsPerLane: number;
    readonly eventsPerRead: number;
    readonly sessionMs: number;
    /** A number in [0, 1]: how often a call takes time instead of a few promise callbacks. */
    readonly slowness: number;
  };
  readonly handlers: {
    readonly maxMs: number;
    /** Shares of calls. */
    readonly failing: number;
    readonly hanging: number;
    readonly rejecting: number;
    /** Share of events that fail whenever they are handled. */
    readonly poison: number;
    /** Share of batches whose handler throws. */
    readonly throwing: number;
    /** Share of deliveries after which a loop over a stream is left. */
    readonly leaving: number;
  };
}

/** Faults after which a suffix may repeat. */
const abrupt: ReadonlySet<FaultKind> = new Set(['lease-lost', 'zombie', 'crash', 'hurried-close', 'commit-forbidden']);

export function makePlan(seed: number): Plan {
  // Neighbouring seeds shall have nothing in common.
  const random = seeded(Math.imul(seed, 0x9e3779b1) ^ 0x51ed270b);
  const chance = (share: number): boolean => random() < share;
  const onFailure = pick(random, ['dead-letter', 'dead-letter', 'dead-letter', 'dead-letter', 'skip', 'stop'] as const);
  const load = makeLoad(random);
  const gentle = chance(0.25);
  const settlement = pick(random, ['watermark', 'watermark', 'individual'] as const);
  const ordering = pick(random, ['key', 'key', 'key', 'partition', 'none'] as const);
  const drainTimeout = pick(random, [300, 2_000, 20_000]);
  const handlerTimeout = pick(random, [60, 400, 5_000]);
  return {
    seed,
    partitions: 1 + below(random, 4),
    isKeyed: chance(0.9),
    members: 1 + below(random, 3),
    view: pick(random, ['run', 'run', 'run', 'batch', 'stream'] as const),
    load,
    faults: makeFaults(random, load.length, gentle),
    producer: {
      maxBuffered: { events: pick(random, [2, 10, 10_000]), bytes: pick(random, byteBudgets) },
      maxBlock: pick(random, [50, 60_000]),
      deliveryTimeout: pick(random, [100, 300, 5_000, 120_000]),
      linger: pick(random, [0, 0, 5]),
      backoff: { initial: 10, max: 200, jitter: pick(random, ['full', 'none'] as const) },
      afterFailure: pick(random, ['continue', 'fail-key'] as const),
    },
    consumer: {
      concurrency: pick(random, [1, 2, 8, 32]),
      // Events that are settled one by one have no partition to be in order of.
      ordering: settlement === 'individual' && ordering === 'partition' ? 'key' : ordering,
      maxInFlight: { events: pick(random, [1, 4, 20, 500]), bytes: pick(random, byteBudgets) },
      maxSpan: pick(random, [3, 20, 50_000]),
      handlerTimeout,
      drainTimeout: gentle ? 600_000 : drainTimeout,
      commitInterval: pick(random, [0, 5, 50, 200]),
      retry: {
        attempts: 1 + below(random, 4),
        backoff: {
          initial: pick(random, [5, 20]),
          max: pick(random, [30, 100]),
          jitter: pick(random, ['full', 'none'] as const),
        },
      },
      onFailure,
      // Where there are no positions there is nothing to stop at.
      onExpired: settlement === 'individual' ? 'continue' : pick(random, ['continue', 'continue', 'stop'] as const),
    },
    service: {
      settlement,
      idempotent: chance(0.7),
      tellsLapses: chance(0.5),
      laneBy: pick(random, ['partition', 'partition', 'key'] as const),
      routes: 1 + below(random, 2),
      requestsPerRoute: 1 + below(random, 3),
      lanesPerRequest: pick(random, [1, 3, 1_000]),
      eventsPerLane: pick(random, [1, 3, 1_000]),
      eventsPerRead: pick(random, [1, 5, 1_000]),
      sessionMs: pick(random, [200, 2_000]),
      slowness: pick(random, [0, 0.3, 0.8]),
    },
    handlers: {
      maxMs: pick(random, [0, 5, 40, 150]),
      failing: pick(random, [0, 0.1, 0.4]),
      hanging: onFailure === 'stop' ? 0 : pick(random, [0, 0, 0.03]),
      rejecting: pick(random, [0, 0.05]),
      poison: onFailure === 'stop' ? 0 : pick(random, [0, 0.05]),
      throwing: pick(random, [0, 0.2]),
      leaving: pick(random, [0, 0, 0.05]),
    },
  };
}

function makeLoad(random: Random): LoadItem[] {
  const events = pick(random, [5, 20, 40, 80]);
  const keys = pick(random, [1, 3, 12]);
  const spread = pick(random, [0, 100, 1_000]);
  const padding = pick(random, [0, 0.3]);
  const pads = pick(random, [[300], [300, 2_000], [300, 2_000, 7_000, 9_000]]);
  const aborting = pick(random, [0, 0, 0.1]);
  const seqs = new Map<string, number>();
  const times = Array.from({ length: events }, () => below(random, spread + 1)).toSorted((a, b) => a - b);
  return times.map((at) => {
    const key = `k${below(random, keys)}`;
    const seq = seqs.get(key) ?? 0;
    seqs.set(key, seq + 1);
    return {
      at,
      key,
      seq,
      ...(random() < padding ? { pad: pick(random, pads) } : {}),
      ...(random() < aborting ? { abortAfter: below(random, 30) } : {}),
    };
  });
}

function makeFaults(random: Random, events: number, gentle: boolean): Fault[] {
  // A partial failure needs a request with several lanes: it has to be due early.
  const kinds = [...callFaults, 'partial-failure' as const, ...momentFaults, ...momentFaults].filter(
    (kind) => !gentle || !abrupt.has(kind),
  );
  const count = pick(random, [0, 4, 8, 14, 24]);
  return Array.from({ length: count }, () => ({
    kind: pick(random, kinds),
    step: below(random, events * 7 + 20),
    hops: below(random, 5),
    pick: below(random, 1_000),
    count: 1 + below(random, 3),
    ms: pick(random, [0, 5, 50, 700]),
  }));
}

function pick<const Value>(random: Random, values: readonly [Value, ...Value[]] | readonly Value[]): Value {
  const value = values[below(random, values.length)];
  if (value === undefined) throw new RangeError('nothing to pick from');
  return value;
}
