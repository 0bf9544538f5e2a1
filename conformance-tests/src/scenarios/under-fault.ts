import { brokenConnections, trafficDuring } from '../checks/while-broken.ts';
import { everyStoredSettled, storedInOrder, storedOnce } from '../checks/stored.ts';
import type { Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import type { Findings, Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';

interface SteadyLoad {
  readonly events: number;
  readonly perSecond: number;
  /** Handlers take 0 to so many milliseconds. Default 5. */
  readonly busyMs?: number;
  /** A second producer, of other keys, makes no second attempt: it gives up what was cut off. */
  readonly isImpatient?: true;
}

/** Two members and a producer at work while something breaks; returns when everything is settled. */
async function underFault(
  stage: Stage,
  { events, perSecond, busyMs = 5, isImpatient }: SteadyLoad,
  breakIt: () => Promise<void>,
): Promise<readonly Entry[]> {
  const topic = stage.topic();
  const members = [
    await stage.member(topic, { handle: stage.busy(busyMs) }),
    await stage.member(topic, { handle: stage.busy(busyMs) }),
  ];
  await stage.until('both have partitions', () => members.every(({ consumer }) => consumer.assignments.length > 0));
  const producer = await stage.producer(topic);
  let isBroken = true;
  const plan = { events, keys: 100, perSecond, goOn: () => isBroken, mostUnread: 1_000 };
  const sending = stage.load.sendAll(producer, topic, plan);
  const impatient = isImpatient === true ? sendImpatiently(stage, topic, () => isBroken) : undefined;
  await stage.until('it is at work', () => ofKind(stage.history.arrivals, 'settle').length >= 50);
  if (impatient !== undefined)
    await stage.until('so is the second producer', () =>
      ofKind(stage.history.arrivals, 'sent').some(({ id }) => id.startsWith(impatientKeys)),
    );
  await stage.during('fault', breakIt);
  isBroken = false;
  await Promise.all([sending, impatient]);
  await stage.untilSettled(topic);
  if (stage.capabilities.replay) {
    await stage.recordStored(topic);
    await stage.until('what is stored is settled', () => everyStoredSettled(stage.history.arrivals).length === 0);
  }
  await Promise.all(members.map(({ consumer }) => consumer.close()));
  return stage.history.entries;
}

const impatientKeys = 'i';

/** The time for delivery is over before the wait between two attempts is. */
const once = { deliveryTimeout: '10s', backoff: { initial: '1m', max: '1m', jitter: 'none' } } as const;

async function sendImpatiently(stage: Stage, topic: LoadTopic, goOn: () => boolean): Promise<void> {
  const producer = await stage.producer(topic, once);
  await stage.load.sendAll(producer, topic, {
    events: 100,
    keys: 20,
    perSecond: 100,
    goOn,
    sender: 'p2',
    keyPrefix: impatientKeys,
  });
}

interface Outage extends Pick<Scenario, 'id' | 'title' | 'timeoutMs'> {
  /** Default `true`. */
  readonly breaks?: NonNullable<Scenario['breaks']>;
  readonly load: SteadyLoad;
  readonly breakIt: (stage: Stage) => Promise<void>;
  /** What shows that it broke; `entries` as they happened. */
  readonly bit: (entries: readonly Entry[], stage: Stage) => readonly string[];
  /** What is special about it besides. */
  readonly also?: (entries: readonly Entry[], stage: Stage) => Findings;
}

/** A scenario in which something breaks under a load, and nothing is lost or reordered. */
export function outage({ load, breakIt, bit, also, breaks = true, ...scenario }: Outage): Scenario {
  return {
    ...scenario,
    breaks,
    async run(stage) {
      const entries = await underFault(stage, load, () => breakIt(stage));
      return { ...kept(stage, entries), ...also?.(entries, stage), 'the fault bit': bit(entries, stage) };
    },
  };
}

/** Cuts every connection again and again, until so many are broken: clients may take longer than the pause to connect again. */
export async function cutAgain(stage: Stage, cuts: number, everyMs: number): Promise<void> {
  const isEnough = (): boolean => brokenConnections(stage.history.arrivals) >= cuts;
  for (let round = 0; round < cuts || (!isEnough() && round < 10 * cuts); round++) {
    await stage.pause(everyMs);
    stage.cut();
  }
}

/** What holds whatever breaks, and that there was something to break. */
function kept(stage: Stage, entries: readonly Entry[]): Findings {
  return {
    ...(stage.capabilities.replay ? storedAsPromised(stage, entries) : {}),
    'traffic during the fault': trafficDuring('fault', stage.scaled(200, 100))(entries),
  };
}

function storedAsPromised({ capabilities }: Stage, entries: readonly Entry[]): Findings {
  return {
    'all that is stored is settled': everyStoredSettled(entries),
    'stored in order': storedInOrder(entries),
    'stored once': storedOnce(capabilities.idempotentWrites)(entries),
  };
}
