import { CollectedPage, type EventPage, type StoredEvent } from '@isostream/core/adapter';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SubscriptionAssignment } from '../src/consume/assignment.ts';
import type { ReceivedMessage } from '../src/message.ts';
import { FakeService, grpcError, received } from './support/fake-service.ts';

const assignments: SubscriptionAssignment[] = [];
afterEach(async () => {
  await Promise.all(assignments.splice(0).map((assignment) => assignment.handBack()));
});

function open(
  options: {
    readonly skipBefore?: number;
    readonly ackDeadlineMs?: number;
    readonly pulls?: FakeService['pulls'];
  } = {},
): { assignment: SubscriptionAssignment; service: FakeService } {
  const { skipBefore = 0, ackDeadlineMs = 10_000, pulls } = options;
  const service = new FakeService();
  if (pulls !== undefined) service.pulls = pulls;
  const assignment = new SubscriptionAssignment(service, { name: 's', topic: 't', ackDeadlineMs, skipBefore });
  assignments.push(assignment);
  return { assignment, service };
}

const nothing = async (): Promise<readonly ReceivedMessage[]> => [];
const answer =
  (...messages: readonly ReceivedMessage[]) =>
  async (): Promise<readonly ReceivedMessage[]> =>
    messages;
const many = (count: number): ReceivedMessage[] => Array.from({ length: count }, (_, index) => received(String(index)));

async function read(assignment: SubscriptionAssignment, count: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  while (events.length < count) {
    events.push(...(await readPage(assignment)));
  }
  return events;
}

/** What one read hands over, with room for so many; of which the assignment is not told before. */
async function readPage(assignment: SubscriptionAssignment, events = Infinity): Promise<readonly StoredEvent[]> {
  const page = new CollectedPage({ events });
  const silent: EventPage = { add: (event) => page.add(event), gap: (gap) => page.gap(gap), end: () => page.end() };
  await assignment.read(silent, new AbortController().signal);
  return page.events;
}

const namesOf = (events: readonly StoredEvent[]): string[] => events.map(({ position }) => position);

describe('settling', () => {
  it('goes out in the order given, 1,000 to a request, each answered before the next', async () => {
    const { assignment, service } = open({ pulls: [answer(...many(2_500)), nothing] });
    const events = await read(assignment, 2_500);
    let underWay = 0;
    service.before = async ({ name }) => {
      if (name !== 'acknowledge') return;
      expect(++underWay).toBe(1);
      await wait(5);
      underWay--;
    };
    await assignment.settle(events);
    const sent = service.named('acknowledge').map((call) => call.ids ?? []);
    expect(sent.map((each) => each.length)).toEqual([1_000, 1_000, 500]);
    expect(sent.flat()).toEqual(events.map(({ position }) => `ack-${position}`));
  });

  it('of what was delivered twice goes to the later delivery, and the event is handed over once', async () => {
    const again = received('1', { ackId: 'ack-1-again' });
    const { assignment, service } = open({ pulls: [answer(received('1')), answer(again, received('2')), nothing] });
    const events = await read(assignment, 2);
    expect(namesOf(events)).toEqual(['1', '2']);
    await assignment.settle(events.slice(0, 1));
    expect(service.named('acknowledge').flatMap((call) => call.ids)).toEqual(['ack-1-again']);
  });

  it('is done again if the event is delivered again meanwhile', async () => {
    let deliverAgain = (): void => undefined;
    const second = new Promise<readonly ReceivedMessage[]>((resolve) => {
      deliverAgain = () => resolve([received('1', { ackId: 'later' })]);
    });
    const { assignment, service } = open({ pulls: [answer(received('1')), () => second, nothing] });
    const events = await read(assignment, 1);
    service.before = async ({ name, ids: sent }) => {
      if (name !== 'acknowledge' || sent?.[0] !== 'ack-1') return;
      deliverAgain();
      await wait(10);
    };
    await assignment.settle(events);
    expect(service.named('acknowledge').map((call) => call.ids)).toEqual([['ack-1'], ['later']]);
  });

  it('that failed can be tried again; what the service knew already is not sent twice', async () => {
    const { assignment, service } = open({ pulls: [answer(...many(1_001)), nothing] });
    const events = await read(assignment, 1_001);
    let requests = 0;
    service.before = ({ name }) => {
      if (name === 'acknowledge' && ++requests === 2) throw grpcError(14);
    };
    await expect(assignment.settle(events)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await assignment.settle(events);
    expect(service.named('acknowledge').map((call) => call.ids?.length)).toEqual([1_000, 1]);
  });
});

describe('leaving', () => {
  it('hands everything back by a short deadline, never by a refusal: also what waits and what a running pull brings', async () => {
    let arrive = (): void => undefined;
    const late = new Promise<readonly ReceivedMessage[]>((resolve) => (arrive = () => resolve([received('late')])));
    const { assignment, service } = open({ pulls: [answer(...many(3)), () => late, nothing] });
    const taken = await readPage(assignment, 2);
    expect(taken).toHaveLength(2);
    await readPage(assignment, 1);
    await assignment.settle(taken.slice(0, 1));
    const left = assignment.handBack();
    await wait(5);
    arrive();
    await left;
    const handedBack = service.named('modifyAckDeadline');
    expect(handedBack.flatMap((call) => call.ids)).toEqual(['ack-1', 'ack-2', 'ack-late']);
    expect(new Set(handedBack.map((call) => call.seconds))).toEqual(new Set([1]));
    await wait(20);
    const pulls = service.named('pull').length;
    await wait(20);
    expect(service.named('pull')).toHaveLength(pulls);
  });

  it('hands back at once what will not be started, pulls no more, and goes on holding the rest', async () => {
    const { assignment, service } = open({ pulls: [answer(...many(4))] });
    const events = await readPage(assignment, 3);
    assignment.release(events.slice(1));
    await assignment.settle(events.slice(0, 1));
    expect(service.named('acknowledge').map((call) => call.ids)).toEqual([['ack-0']]);
    const handedBack = service.named('modifyAckDeadline').map(({ ids, seconds }) => ({ ids, seconds }));
    expect(handedBack).toEqual([{ ids: ['ack-1', 'ack-2', 'ack-3'], seconds: 1 }]);
    const pulls = service.named('pull').length;
    await assignment.handBack();
    expect([service.named('pull').length, service.named('modifyAckDeadline').length]).toEqual([pulls, 1]);
  });

  it('hands back what waits in the consumer, in its order behind what was handed over', async () => {
    const { assignment, service } = open({ pulls: [answer(...many(4)), nothing] });
    await readPage(assignment, 2);
    await assignment.handBack();
    expect(service.named('modifyAckDeadline').flatMap((call) => call.ids)).toEqual(many(4).map(({ ackId }) => ackId));
  });

  it('ends a read that waits, and leaves the pull to end by itself', async () => {
    const { assignment } = open({ pulls: [() => new Promise((resolve) => setTimeout(() => resolve([]), 50))] });
    const stop = new AbortController();
    const reading = assignment.read(new CollectedPage(), stop.signal);
    stop.abort();
    await expect(reading).resolves.toBeUndefined();
  });
});

describe('leases', () => {
  it('count from when the pull was sent: an answer that was long on its way is handed back', async () => {
    const slow = async (): Promise<readonly ReceivedMessage[]> => {
      await wait(900);
      return [received('old')];
    };
    const { assignment, service } = open({ ackDeadlineMs: 1_000, pulls: [slow, answer(received('new')), nothing] });
    expect(namesOf(await read(assignment, 1))).toEqual(['new']);
    expect(service.named('modifyAckDeadline')[0]).toMatchObject({ ids: ['ack-old'], seconds: 1 });
  });

  it('that the service does not extend run out, and with them the assignment, for good', async () => {
    const { assignment, service } = open({ ackDeadlineMs: 200, pulls: [answer(received('1')), nothing] });
    service.before = ({ name }) => {
      if (name === 'modifyAckDeadline') throw grpcError(14);
    };
    const events = await read(assignment, 1);
    expect(assignment.isHeld).toBe(true);
    expect(await assignment.lapsed).toMatchObject({ code: 'lease-lost' });
    expect(assignment.isHeld).toBe(false);
    await expect(assignment.settle(events)).rejects.toMatchObject({ code: 'lease-lost' });
    expect(service.named('acknowledge')).toEqual([]);
    assignment.abandon();
    expect(assignment.isHeld).toBe(false);
  });

  it('are extended long before they run out, also of what found no room', async () => {
    const { assignment, service } = open({
      ackDeadlineMs: 300,
      pulls: [answer(received('1'), received('2')), nothing],
    });
    await readPage(assignment, 1);
    while (service.named('modifyAckDeadline').length < 1) await wait(5);
    expect(service.named('modifyAckDeadline')[0]).toMatchObject({ ids: ['ack-1', 'ack-2'], seconds: 10 });
    await wait(400);
    expect(assignment.isHeld).toBe(true);
  });
});

describe('a pull', () => {
  /** How many events each pull is to bring. */
  function counted(service: FakeService): readonly number[] {
    const counts: number[] = [];
    const pull = service.pull.bind(service);
    service.pull = (async (_subscription: string, count: number) => {
      counts.push(count);
      return pull();
    }) as typeof service.pull;
    return counts;
  }

  it('asks for no more than there is room for', async () => {
    const { assignment, service } = open({ pulls: [nothing] });
    const counts = counted(service);
    await assignment.read(new CollectedPage({ events: 7 }), new AbortController().signal);
    await assignment.read(new CollectedPage({ events: 5_000 }), new AbortController().signal);
    await readPage(assignment);
    expect(counts[0]).toBe(7);
    expect(Math.max(...counts)).toBeLessThanOrEqual(service.settings.pullEvents);
  });

  it('asks for as many as make a megabyte by what came before: few until that is known, at once fewer of large ones', async () => {
    const large = received('large', { data: Buffer.alloc(4_000_000) });
    const { assignment, service } = open({ pulls: [answer(...many(200)), answer(large), nothing] });
    const counts = counted(service);
    await read(assignment, 201);
    while (counts.length < 3) await readPage(assignment);

    expect(counts.slice(0, 3)).toEqual([102, service.settings.pullEvents, 1]);
  });

  it('that failed is tried again; one that needs operator action is not', async () => {
    const fail = (code: number) => () => Promise.reject(grpcError(code));
    const { assignment } = open({ pulls: [fail(14), fail(13), answer(received('1')), fail(7)] });
    expect(namesOf(await read(assignment, 1))).toEqual(['1']);
    await expect(read(assignment, 1)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('passes over what is older than the group, and settles it', async () => {
    const since = Date.now();
    const old = received('old', { publishedAt: since - 1 });
    const young = received('young', { publishedAt: since });
    const { assignment, service } = open({ skipBefore: since, pulls: [answer(old, young), nothing] });
    expect(namesOf(await read(assignment, 1))).toEqual(['young']);
    expect(service.named('acknowledge').flatMap((call) => call.ids)).toEqual(['ack-old']);
  });
});
