import { describe, expect, it } from 'vitest';
import { offsetDelete } from '../src/client/offset-delete.ts';

const protocol = offsetDelete.protocol({ version: 0 })({ group: 'g', topic: 'tö', partitions: [0, 7] });

describe('a request to forget positions', () => {
  it('is written as KIP-496 says', async () => {
    // Group, one topic, two partitions: each text behind its length in bytes.
    const expected = bytes('0001 67 00000001 0003 74c3b6 00000002 00000000 00000007');
    expect(await protocol.request.encode()).toMatchObject({ buffer: expected });
  });

  it('has its answer read partition by partition', async () => {
    const answer = bytes('0000 00000000 00000001 0003 74c3b6 00000002 00000000 0000 00000007 0056');
    expect(await protocol.response.decode(answer)).toEqual({
      errorCode: 0,
      partitions: [
        { partition: 0, errorCode: 0 },
        { partition: 7, errorCode: 86 },
      ],
    });
  });

  it('has an error for the whole group read, too', async () => {
    const answer = bytes('0045 00000000 00000000');
    expect(await protocol.response.decode(answer)).toEqual({ errorCode: 69, partitions: [] });
  });
});

function bytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}
