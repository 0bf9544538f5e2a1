import { atLeast, tell, within } from '../checks/check.ts';
import { noLateDeliveries, queued, queuedAt, toldOfLosses } from '../checks/assignments.ts';
import { singleFlightPerKey } from '../checks/order.ts';
import { losesEverything, pairsRepeated, repeatsAreUncommitted } from '../checks/repeats.ts';
import { nothingSettledBy, takenOver, trafficDuring } from '../checks/while-broken.ts';
import type { Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { because, type Findings, type Scenario } from '../run/scenario.ts';
import type { Member } from '../run/stage-options.ts';
import type { Stage } from '../run/stage.ts';
import { startMembers } from './base-load.ts';
import {
  committable,
  deliveries,
  holds,
  leftBehind,
  steadyLoad,
  uncommitted,
  unfinished,
  untilDelivered,
} from './members-at-work.ts';

export const join: Scenario = {
  id: 'groups/a-member-joins',
  title: 'a member that joins under load takes its share, and nothing is repeated or reordered',
  async run(stage) {
    const topic = stage.topic();
    const first = await stage.volatileMember(topic);
    const load = steadyLoad(stage, topic, 2_500, 500);
    await untilDelivered(stage, first.name, 100);
    const second = await stage.volatileMember(topic);
    await untilDelivered(stage, second.name, 50);
    await load.end();
    await stage.untilSettled(topic);
    await second.leave();
    const isSingle = stage.capabilities.settlement === 'individual';
    await stage.until('what it had returns', () => isSingle || holds(stage.history.arrivals, first.name) === 8);
    await first.leave();
    const { entries } = stage.history;
    return {
      'some return to their former owner': isSingle ? [] : atLeast('returned', returned(entries, first.name), 1),
      'both work': [
        ...atLeast('deliveries of the first', deliveries(entries, first.name), 100),
        ...atLeast('deliveries of the second', deliveries(entries, second.name), 50),
      ],
    };
  },
};

export const leave: Scenario = {
  id: 'groups/a-member-leaves',
  title: 'a member that leaves under load repeats nothing',
  async run(stage) {
    const topic = stage.topic();
    const members = await Promise.all([
      stage.volatileMember(topic),
      stage.volatileMember(topic),
      stage.volatileMember(topic),
    ]);
    const load = steadyLoad(stage, topic, 2_500, 500);
    const [first] = members;
    await Promise.all(members.map(({ name }) => untilDelivered(stage, name, 50)));
    await first.leave();
    const left = deliveries(stage.history.entries, first.name);
    await load.end();
    await stage.untilSettled(topic);
    await Promise.all(members.map((member) => member.leave()));
    const { entries } = stage.history;
    return {
      'in the middle of work': [
        ...atLeast('deliveries of the one that left', left, 50),
        ...atLeast('deliveries in all', ofKind(entries, 'deliver').length, 2_500),
      ],
    };
  },
};

export const crash: Scenario = {
  id: 'groups/a-member-crashes',
  title: 'what a crashed member had not committed comes again, in order; the rest does not',
  breaks: 'own-members',
  without: because(
    'a dead handler never ends in the record; the others are judged without its member',
    'single flight per key',
  ),
  async run(stage) {
    const topic = stage.topic();
    // It has several events in work at any time, and commits seldom: much comes again.
    const members = await Promise.all([
      stage.volatileMember(topic, { busyMs: 100, commitInterval: 2_000 }),
      stage.volatileMember(topic),
    ]);
    const [victim, survivor] = members;
    const load = steadyLoad(stage, topic, 2_500, 400);
    await Promise.all(members.map(({ name }) => untilDelivered(stage, name, 100)));
    const isSingle = stage.capabilities.settlement === 'individual';
    // Several in work: one alone may end before the crash is there.
    await stage.until('much is in work and not committed', () => {
      const { arrivals } = stage.history;
      return unfinished(arrivals, victim.name) >= 3 && (isSingle || uncommitted(arrivals, victim.name) >= 80);
    });
    await stage.during('crash', async () => {
      await victim.crash();
      stage.mark('crashed');
      const crashedAt = performance.now();
      const sessionIsOver = (): boolean => performance.now() - crashedAt >= stage.harness.sessionTimeoutMs;
      await stage.until('the survivor has everything', () =>
        isSingle
          ? sessionIsOver() && leftBehind(stage.history.arrivals, victim.name) === 0
          : holds(stage.history.arrivals, survivor.name) === 8,
      );
    });
    await load.end();
    await stage.untilSettled(topic);
    await survivor.leave();
    const { entries } = stage.history;
    return {
      'single flight per key': singleFlightPerKey(
        entries.filter((entry) => !('member' in entry) || entry.member !== victim.name),
      ),
      'traffic during the fault': trafficDuring('crash', 100)(entries),
      'the fault bit': [
        ...nothingSettledBy(victim.name, 'crashed')(entries),
        ...atLeast('events in work at the crash', unfinished(entries, victim.name), 1),
        ...(isSingle ? [] : pairsRepeated(5)(entries)),
      ],
    };
  },
};

export const zombie: Scenario = {
  id: 'groups/a-member-freezes',
  title: 'a member frozen beyond its session loses everything, and its late commits have no effect',
  breaks: 'own-members',
  without: {
    ...because('a handler of a frozen process runs on when it wakes', 'single flight per key'),
    ...because(
      'a frozen process may have been about to start one, which is judged apart',
      'no handler starts late',
      'repeats were uncommitted',
    ),
  },
  async run(stage) {
    const topic = stage.topic();
    // So long that events wait for others of their keys, however slowly a busy machine brings them.
    const zombieMember = await stage.volatileMember(topic, { busyMs: 600, commitInterval: 50, concurrency: 200 });
    const other = await stage.volatileMember(topic, { busyMs: 5 });
    const load = steadyLoad(stage, topic, 1_000, 300);
    // In the middle of its work: with handlers that run, events that wait for them, and others that are to be committed.
    await Promise.all([zombieMember, other].map(({ name }) => untilDelivered(stage, name, 150)));
    const isSingle = stage.capabilities.settlement === 'individual';
    if (!isSingle)
      await stage.until('it is about to commit, and has more to do', () => {
        const { arrivals } = stage.history;
        const [waiting, running] = [queued(arrivals, zombieMember.name), unfinished(arrivals, zombieMember.name)];
        // Several: some begin, and some end, before it is frozen.
        return waiting >= 5 && running >= 5 && committable(arrivals, zombieMember.name) > 0;
      });
    await stage.during('freeze', async () => {
      const wake = zombieMember.freeze();
      await stage.pause(stage.harness.sessionTimeoutMs * 2.5);
      // When it wakes nobody commits anything else: what it still does would stay.
      await load.end();
      await stage.untilSettled(topic);
      await stage.until('all is committed', () => isSingle || committable(stage.history.arrivals, other.name) === 0);
      wake();
    });
    // What it gives up when it leaves says nothing about what it was told.
    const learned = losesEverything(zombieMember.name, 'freeze');
    await stage.until('it learns what it lost', () => learned(stage.history.arrivals).length === 0);
    await stage.until('it has a share again', () => holds(stage.history.arrivals, zombieMember.name) > 0);
    await stage.load.sendAll(await stage.producer(topic), topic, { events: 500, keys: 100, perSecond: 1_000 });
    await stage.untilSettled(topic);
    await Promise.all([zombieMember.leave(), other.leave()]);
    const { entries } = stage.history;
    return {
      'no handler starts late': noLateDeliveries(zombieMember.name)(entries),
      'repeats were uncommitted': repeatsAreUncommitted(zombieMember.name)(entries),
      'it learns what it lost': learned(entries),
      'traffic during the fault': trafficDuring('freeze', 100)(entries),
      'the fault bit': [
        ...takenOver(zombieMember.name, 'freeze', 1)(entries),
        // Where single events are told, a service may give out one of a key at a time.
        ...(isSingle ? [] : queuedAt('freeze', zombieMember.name, 1)(entries)),
        ...toldOfLosses(zombieMember.name, 1)(entries),
      ],
    };
  },
};

export const churn: Scenario = {
  id: 'groups/members-come-and-go',
  title: 'members come and go all the time: order, no loss, commits that never go back',
  timeoutMs: 180_000,
  async run(stage) {
    const topic = stage.topic();
    let members = [await stage.volatileMember(topic)];
    const load = steadyLoad(stage, topic, 4_000, 400);
    for (let round = 0; round < 5; round++) {
      const next = await stage.volatileMember(topic);
      members.push(next);
      await untilDelivered(stage, next.name, 20);
      const [oldest, ...rest] = members;
      members = rest;
      await oldest?.leave();
    }
    await load.end();
    await stage.untilSettled(topic);
    await Promise.all(members.map((member) => member.leave()));
    const { entries } = stage.history;
    return {
      'enough churn': [
        ...atLeast(
          'assignments',
          ofKind(entries, 'assign').length,
          stage.capabilities.settlement === 'individual' ? 6 : 20,
        ),
        ...atLeast(
          'hand-overs',
          ofKind(entries, 'revoke').length,
          stage.capabilities.settlement === 'individual' ? 6 : 12,
        ),
      ],
    };
  },
};

export const idleMembers: Scenario = {
  id: 'groups/more-members-than-partitions',
  title:
    'members beyond the number of partitions stay idle, and take over when one leaves; without partitions all work',
  async run(stage) {
    if (stage.capabilities.settlement === 'individual') return allWork(stage);
    const topic = stage.topic({ partitions: 2 });
    const producer = await stage.producer(topic);
    const members: Member[] = [];
    for (let index = 0; index < 3; index++) members.push(await stage.member(topic, { handle: () => undefined }));
    await stage.until(
      'two members have a partition each',
      () => members.filter(({ consumer }) => consumer.assignments.length === 1).length === 2,
    );
    await stage.load.sendAll(producer, topic, { events: 200, keys: 40 });
    await stage.untilSettled(topic);
    const idle = members.filter(({ consumer }) => consumer.assignments.length === 0);
    const idleDeliveries = idle
      .map(({ name }) => deliveries(stage.history.entries, name))
      .reduce((sum, count) => sum + count, 0);
    const elapsed = stage.stopwatch();
    await members.find(({ consumer }) => consumer.assignments.length === 1)?.consumer.close();
    await stage.until('the idle member took over', () =>
      idle.every(({ consumer }) => consumer.assignments.length === 1),
    );
    const tookOverIn = elapsed();
    await stage.load.sendAll(producer, topic, { events: 200, keys: 40 });
    await stage.untilSettled(topic);
    const { entries } = stage.history;
    return {
      'one is idle':
        idle.length === 1 && idleDeliveries === 0
          ? []
          : [`${idle.length} idle members had ${idleDeliveries} deliveries`],
      'nobody waits for the session': within('taken over', tookOverIn, stage.harness.sessionTimeoutMs),
      'enough traffic': atLeast('deliveries', ofKind(entries, 'deliver').length, 400),
    };
  },
};

/** Where members share a topic event by event: however many there are, each gets some, and when one leaves nobody waits. */
async function allWork(stage: Stage): Promise<Findings> {
  const topic = stage.topic({ partitions: 2 });
  const members = await startMembers(stage, topic, 3, { handle: () => stage.pause(5), maxInFlight: { events: 20 } });
  const producer = await stage.producer(topic);
  await stage.load.sendAll(producer, topic, { events: 400, keys: 40, perSecond: 400 });
  await stage.untilSettled(topic);
  await members[0]?.consumer.close();
  const elapsed = stage.stopwatch();
  await stage.load.sendAll(producer, topic, { events: 200, keys: 40 });
  await stage.untilSettled(topic);
  const settledIn = elapsed();
  const { entries } = stage.history;
  return {
    'nobody is idle': members.flatMap(({ name }) => atLeast(`deliveries of ${name}`, deliveries(entries, name), 1)),
    'nobody waits for the session': within('settled', settledIn, stage.harness.sessionTimeoutMs),
    'enough traffic': atLeast('deliveries', ofKind(entries, 'deliver').length, 600),
  };
}

export const contiguous: Scenario = {
  id: 'no-loss/nothing-unsettled-is-committed',
  title: 'whatever fails, waits or leaves, nothing is committed before everything below it is settled',
  async run(stage) {
    const topic = stage.topic();
    const handle = async (
      { data }: { readonly data: { readonly key: string | null } },
      { attempt }: { readonly attempt: number },
    ): Promise<void> => {
      await stage.pause(data.key === 'k1' ? 60 : stage.random() * 6);
      if (attempt < 3 && stage.random() < 0.1) throw new Error('not this time');
    };
    const options = { handle, retry: { backoff: { initial: 10, max: 100 } } };
    const members = [
      await stage.member(topic, options),
      await stage.member(topic, options),
      await stage.member(topic, options),
    ];
    const load = steadyLoad(stage, topic, 2_000, 700);
    await stage.until('500 are settled', () => ofKind(stage.history.arrivals, 'settle').length >= 500);
    await members[0]?.consumer.close();
    await load.end();
    await stage.untilSettled(topic);
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    const { entries } = stage.history;
    return {
      'enough traffic': [
        ...atLeast('commits', ofKind(entries, 'commit').length + ofKind(entries, 'told').length, 30),
        ...atLeast('failed attempts', ofKind(entries, 'settle').filter((entry) => entry.result === 'retry').length, 50),
      ],
    };
  },
};

export const longHandler: Scenario = {
  id: 'groups/a-handler-longer-than-the-session',
  title: 'a handler that takes three sessions keeps its partition and is called once',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const producer = await stage.producer(topic);
    const longMs = stage.harness.sessionTimeoutMs * 3;
    const members: Member[] = [];
    for (let index = 0; index < 2; index++)
      members.push(await stage.member(topic, { handlerTimeout: longMs * 2, handle: () => stage.pause(longMs) }));
    await stage.until('both have a partition', () =>
      members.every(({ consumer }) => consumer.assignments.length === 1),
    );
    for (let index = 0; index < 10; index++)
      await stage.load.send(producer, topic, stage.load.event(topic, `k${index}`));
    await stage.until('all handlers run', () => ofKind(stage.history.arrivals, 'deliver').length >= 10);
    await stage.pause(longMs);
    await stage.untilSettled(topic);
    const { entries } = stage.history;
    const shortest = Math.min(
      ...ofKind(entries, 'settle').map(
        (settle) => settle.at - (ofKind(entries, 'deliver').find((call) => call.id === settle.id)?.at ?? settle.at),
      ),
    );
    return {
      'no hand-over': tell(
        'hand-overs',
        ofKind(entries, 'lost').map((entry) => entry.partition),
      ),
      'long indeed': atLeast('milliseconds of the shortest handler', Math.round(shortest), longMs - 5),
    };
  },
};

/** How often a partition came to a member that had held it before. */
function returned(entries: readonly Entry[], member: string): number {
  const assigned = ofKind(entries, 'assign').flatMap((entry) => (entry.member === member ? [entry.partition] : []));
  return assigned.length - new Set(assigned).size;
}
