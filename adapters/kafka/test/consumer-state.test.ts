import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsumerState } from '../src/group/consumer-state.ts';

const mine = 'aa'.repeat(16);
const other = 'bb'.repeat(16);

function member(): ConsumerState {
  let ids = 0;
  return new ConsumerState(() => `m${++ids}`, mine, 0);
}

const answer = (epoch: number, partitions?: readonly number[], topicId = mine) => ({
  errorCode: 0,
  epoch,
  assignment: partitions === undefined ? undefined : new Map([[topicId, partitions]]),
});
const error = (errorCode: number) => ({ errorCode, epoch: 0, assignment: undefined });

describe('a member of the newer group protocol', () => {
  it('joins with epoch 0, and is a member under the epoch that it is given', () => {
    const state = member();
    expect(state.identity).toEqual({ memberId: 'm1', epoch: 0 });
    expect(state.isMember).toBe(false);
    const verdict = state.answered(state.identity, 10, answer(3, [1, 2]));
    expect(verdict).toEqual({ kind: 'member', partitions: [1, 2], hasOthers: false });
    expect(state.identity).toEqual({ memberId: 'm1', epoch: 3 });
    expect(state.isMember).toBe(true);
  });

  it('may hold nothing of another topic of the same name, and says that there is one', () => {
    const state = member();
    expect(state.answered(state.identity, 0, answer(1, [1], other))).toEqual({
      kind: 'member',
      partitions: [],
      hasOthers: true,
    });
  });

  it('holds what it held where an answer does not say', () => {
    const state = member();
    expect(state.answered(state.identity, 0, answer(1))).toMatchObject({ kind: 'member', partitions: undefined });
  });

  it.each([25, 69, 110])('has lost everything when the group answers with %d', (code) => {
    const state = member();
    state.answered(state.identity, 0, answer(1, [0]));
    expect(state.answered(state.identity, 5, error(code))).toEqual({ kind: 'lost' });
  });

  it.each([14, 15, 16])('looks for the coordinator again when it answers with %d, and keeps its epoch', (code) => {
    const state = member();
    state.answered(state.identity, 0, answer(4, [0]));
    expect(state.answered(state.identity, 5, error(code))).toEqual({ kind: 'elsewhere' });
    expect(state.identity.epoch).toBe(4);
    expect(state.silentFor(5)).toBe(5);
  });

  it.each([29, 30, 35, 81])('is refused with %d', (code) => {
    const state = member();
    expect(state.answered(state.identity, 0, error(code))).toEqual({ kind: 'refused' });
  });

  it('is another member once its session is over: an answer to the former one means nothing', () => {
    const state = member();
    const was = state.identity;
    state.answered(was, 0, answer(7, [0]));
    expect(state.lose(100)).toEqual({ memberId: 'm1', epoch: 7 });
    expect(state.identity).toEqual({ memberId: 'm2', epoch: 0 });
    expect(state.silentFor(150)).toBe(50);
    expect(state.answered(was, 120, answer(8, [0]))).toEqual({ kind: 'outdated' });
    expect(state.isMember).toBe(false);
  });

  it('does not believe an answer to an older heartbeat than one that was answered: its coordinator was frozen', () => {
    const state = member();
    const was = state.identity;
    expect(state.answered(was, 20, answer(2, [0]))).toMatchObject({ kind: 'member' });
    for (const late of [answer(1, [0, 1]), error(25)])
      expect(state.answered(was, 10, late)).toEqual({ kind: 'outdated' });
    expect(state.identity.epoch).toBe(2);
  });

  it('counts silence from the time of sending, whatever order answers come in, and never goes back to an older epoch', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ sentAt: fc.nat(1_000), epoch: fc.integer({ min: 1, max: 50 }) })), (answers) => {
        const state = member();
        for (const { sentAt, epoch } of answers) state.answered(state.identity, sentAt, answer(epoch, []));
        expect(state.silentFor(1_000)).toBe(1_000 - Math.max(0, ...answers.map(({ sentAt }) => sentAt)));
        const believed = answers.filter(({ sentAt }, index) =>
          answers.slice(0, index).every((earlier) => earlier.sentAt <= sentAt),
        );
        expect(state.identity.epoch).toBe(Math.max(0, ...believed.map(({ epoch }) => epoch)));
      }),
    );
  });
});
