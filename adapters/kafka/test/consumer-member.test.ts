import { describe, expect, it } from 'vitest';
import type { ConsumerHeartbeat, ConsumerHeartbeatAnswer, Wire } from '../src/client/wire.ts';
import { WireError } from '../src/client/wire-error.ts';
import { ConsumerMember } from '../src/group/consumer-member.ts';

const topicId = 'aa'.repeat(16);
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const given = (epoch: number, partitions: readonly number[]): ConsumerHeartbeatAnswer => ({
  errorCode: 0,
  errorMessage: '',
  epoch,
  intervalMs: 100,
  assignment: new Map([[topicId, partitions]]),
});
const refused = (errorCode: number): ConsumerHeartbeatAnswer => ({ ...given(0, []), errorCode, assignment: undefined });

/** Answers the heartbeats in their order, goodbyes too. */
function start(
  answer: (count: number, beat: ConsumerHeartbeat) => ConsumerHeartbeatAnswer | Promise<ConsumerHeartbeatAnswer>,
  kinds: Wire['groupKinds'] = async () => new Map(),
) {
  const beats: ConsumerHeartbeat[] = [];
  const events: string[] = [];
  let held: readonly number[] = [];
  let coordinator = 0;
  const wire = {
    coordinator: async () => ++coordinator,
    groupKinds: kinds,
    groupSessionMs: async () => undefined,
    describeConsumerGroup: async () => undefined,
    consumerHeartbeat: async (_: number, beat: ConsumerHeartbeat) => answer(beats.push(beat), beat),
  } as unknown as Wire;
  const member = new ConsumerMember(
    { group: 'g', topic: 't', topicId, sessionTimeoutMs: 3_000, wire, countPartitions: async () => 2 },
    {
      claim: () => held,
      assigned: (partitions) => {
        held = partitions;
        events.push(partitions.join());
      },
      lost: ({ code }) => {
        held = [];
        events.push(code);
      },
    },
  );
  return { member, running: member.run(), beats, events };
}

describe('a member of the newer group protocol', () => {
  it('takes nothing back because of what a frozen coordinator answers late', async () => {
    const { member, running, events } = start((count) => {
      if (count === 1) return given(1, [0, 1]);
      if (count === 2) return later(2_000).then(() => given(1, [0, 1]));
      return given(2, [0]);
    });
    await expect.poll(() => events, { timeout: 20_000 }).toEqual(['0,1', '0']);
    await later(2_000);
    expect(events).toEqual(['0,1', '0']);
    await member.leave();
    await running;
  });

  it('takes leave for whom the group has fenced, before it comes back as another', async () => {
    const { member, running, beats, events } = start((count) => (count === 2 ? refused(110) : given(count, [0, 1])));
    await expect.poll(() => events, { timeout: 20_000 }).toEqual(['0,1', 'lease-lost', '0,1']);
    const [first, , goodbye, second] = beats;
    expect(goodbye).toMatchObject({ memberId: first?.memberId, epoch: -1 });
    expect(second).toMatchObject({ epoch: 0 });
    expect(second?.memberId).not.toBe(first?.memberId);
    await member.leave();
    await running;
  });

  it('follows a coordinator that moves while it leaves', async () => {
    let goodbyes = 0;
    const { member, running, events } = start((_, { epoch }) =>
      epoch < 0 && ++goodbyes < 3 ? refused(16) : given(1, [0, 1]),
    );
    await expect.poll(() => events, { timeout: 20_000 }).toEqual(['0,1']);
    await member.leave();
    await running;
    expect(goodbyes).toBe(3);
  });

  it('asks again who is in the group where the coordinator cannot tell as yet', async () => {
    let asked = 0;
    const { running, beats } = start(
      () => given(1, [0, 1]),
      async () => {
        if (++asked < 4) throw new WireError('protocol', 'loading', { code: 14, sent: 'maybe' });
        return new Map([['g', { type: 'classic', state: 'Stable' }]]);
      },
    );
    await expect(running).rejects.toMatchObject({ code: 'conflict' });
    expect(beats).toEqual([]);
  });
});
