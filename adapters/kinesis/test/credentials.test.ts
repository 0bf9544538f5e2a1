import { describe, expect, it } from 'vitest';
import { createKinesis, type KinesisOptions } from './support/open.ts';

const isNone: [does: string, gives: () => unknown, code: string, says: RegExp][] = [
  ['never answers', () => new Promise(() => undefined), 'timeout', /credentials did not answer within 50 ms/],
  ['gives nothing', async () => undefined, 'unauthenticated', /function given as credentials/],
  ['gives no texts', async () => ({ accessKeyId: { secret: 'hunter2' } }), 'unauthenticated', /accessKeyId/],
];

describe('a function given as credentials', () => {
  it.each(isNone)('that %s is named', async (_, gives, code, says) => {
    const options = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:9', requestTimeout: 50 };
    const kinesis = createKinesis({ ...options, credentials: gives as NonNullable<KinesisOptions['credentials']> });
    const error: unknown = await kinesis.admin.describeTopic('t').catch((thrown: unknown) => thrown);
    await kinesis.close();
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(String(error)).not.toContain('hunter2');
  });
});
