import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { readAssignment, readSubscription } from '../src/client/member-bytes.ts';
import { WireError } from '../src/client/wire-error.ts';

const { MemberMetadata, MemberAssignment } = createRequire(import.meta.url)(
  'kafkajs/src/consumer/assignerProtocol',
) as {
  readonly MemberMetadata: { readonly encode: (value: object) => Buffer };
  readonly MemberAssignment: { readonly encode: (value: object) => Buffer };
};

describe('what members write', () => {
  it('is read as kafkajs wrote it', () => {
    const subscription = MemberMetadata.encode({ version: 1, topics: ['a', 'ü'], userData: Buffer.from('mine') });
    expect(readSubscription(subscription)).toEqual({ topics: ['a', 'ü'], userData: Buffer.from('mine') });
    const assignment = MemberAssignment.encode({ version: 1, assignment: { a: [0, 2], constructor: [] } });
    expect([...readAssignment(assignment)]).toEqual([
      ['a', [0, 2]],
      ['constructor', []],
    ]);
    expect(readAssignment(Buffer.alloc(0)).size).toBe(0);
  });

  it('counts as nothing where it cannot be read, and nobody fails because of another', () => {
    const whole = MemberMetadata.encode({ version: 1, topics: ['a'], userData: Buffer.from('mine') });
    for (let length = 0; length < whole.length; length++)
      expect(readSubscription(whole.subarray(0, length))).toEqual({ topics: [], userData: new Uint8Array() });
    const huge = Buffer.from([0, 1, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xfe]);
    expect(readSubscription(huge).topics).toEqual([]);
  });

  it('is refused where it says what this member is to read', () => {
    const whole = MemberAssignment.encode({ version: 1, assignment: { a: [0, 2] } });
    for (let length = 1; length < whole.length - 4; length++)
      expect(() => readAssignment(whole.subarray(0, length))).toThrow(WireError);
  });
});
