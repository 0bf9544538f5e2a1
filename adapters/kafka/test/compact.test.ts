import { describe, expect, it } from 'vitest';
import { CompactReader, compactText } from '../src/client/compact.ts';
import { groupKinds } from '../src/client/group-kinds.ts';
import { topicId } from '../src/client/topic-id.ts';

const bytes = (...parts: (Buffer | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
const zeros = (count: number): Buffer => Buffer.alloc(count);
const answerOf = (definition: typeof topicId, version: number) => definition.protocol({ version })({ topic: 't' });

describe('the compact forms of answers', () => {
  it('give the id of the one topic that was asked for', async () => {
    const id = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    const broker = bytes(zeros(4), compactText('host'), zeros(4), 0, 0);
    const answer = bytes(0, zeros(4), 2, broker, compactText('cluster'), zeros(4), 2, zeros(2), compactText('t'), id);
    expect(await answerOf(topicId, 12).response.decode(answer)).toEqual({ id: id.toString('hex') });
  });

  it('give the kind of each group', async () => {
    const group = (...texts: string[]): Buffer => bytes(...texts.map(compactText), 0);
    const answer = bytes(
      0,
      zeros(4),
      zeros(2),
      3,
      group('a', 'consumer', 'Stable', 'Consumer'),
      group('b', '', 'Empty', 'Share'),
    );
    expect(await answerOf(groupKinds, 5).response.decode(answer)).toEqual({
      errorCode: 0,
      kinds: new Map([
        ['a', { type: 'consumer', state: 'Stable' }],
        ['b', { type: 'share', state: 'Empty' }],
      ]),
    });
  });

  it.each([
    ['a count that no answer holds', bytes(0, zeros(4), 0xff, 0xff, 0xff, 0xff, 0x0f)],
    ['a number without an end', bytes(0, zeros(4), zeros(2), Buffer.alloc(9, 0xff))],
    ['nothing', zeros(0)],
  ])('end with %s at the end of the bytes', async (_, answer) => {
    for (const definition of [topicId, groupKinds])
      await expect(answerOf(definition, 12).response.decode(answer)).rejects.toBeInstanceOf(RangeError);
  });

  it('are not asked of brokers that are too old', () => {
    expect(() => topicId.protocol({ version: 9 })).toThrow(expect.objectContaining({ code: 35 }));
    expect(() => groupKinds.protocol({ version: 4 })).toThrow(expect.objectContaining({ code: 35 }));
  });

  it('write lengths beyond one byte', () => {
    const long = compactText('x'.repeat(300));
    expect(new CompactReader(long).text()).toBe('x'.repeat(300));
  });
});
