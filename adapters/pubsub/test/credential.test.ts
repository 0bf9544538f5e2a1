import { googleAuthLibrary } from 'google-gax';
import { describe, expect, it } from 'vitest';
import { createPubSub, type PubSubAdapter } from './support/open.ts';

/** Has a token for its first questions, and then says nothing any more. */
class Silent extends googleAuthLibrary.PassThroughClient {
  #answers: number;

  constructor(answers: number) {
    super();
    this.#answers = answers;
  }

  override async getRequestHeaders(): Promise<Headers> {
    if (this.#answers-- > 0) return new Headers({ authorization: 'Bearer token' });
    return new Promise(() => undefined);
  }
}

function adapterWith(answers: number, requestTimeout: number): PubSubAdapter {
  const authClient = new Silent(answers);
  return createPubSub({
    projectId: 'p-1',
    emulatorHost: false,
    apiEndpoint: '127.0.0.1:9',
    authClient,
    requestTimeout,
  });
}

const named = { code: 'timeout', message: expect.stringMatching(/authClient did not answer within 100 ms/) };

describe('an authClient that fails', () => {
  it('is asked again, like a service that has a bad moment: nothing was sent', async () => {
    const authClient = new Silent(1);
    const adapter = createPubSub({ projectId: 'p-1', emulatorHost: false, apiEndpoint: '127.0.0.1:9', authClient });
    await adapter.admin.describeTopic('t').catch(() => undefined);
    authClient.getRequestHeaders = () => Promise.reject(new Error('Request failed with status code 503'));
    const error: unknown = await adapter.admin.describeTopic('t').catch((thrown: unknown) => thrown);
    await adapter.close();

    expect(error).toMatchObject({ code: 'unavailable', retryable: true, outcome: 'not-written' });
    expect(String(error)).toContain('authClient: Request failed with status code 503');
  });
});

describe('an authClient that never answers', () => {
  it.each([
    ['connecting', (adapter: PubSubAdapter) => adapter.connect()],
    ['a question of the administration', (adapter: PubSubAdapter) => adapter.admin.describeTopic('t')],
    ['a producer', (adapter: PubSubAdapter) => adapter.createSink('t').open(new AbortController().signal)],
  ])('is named by %s', async (_, call) => {
    const adapter = adapterWith(0, 100);
    const error: unknown = await call(adapter).then(
      () => 'done',
      (thrown: unknown) => thrown,
    );
    await adapter.close();

    expect(error).toMatchObject(named);
  });

  it('is named as well once the token of its first answer has run out', async () => {
    const adapter = adapterWith(1, 100);
    const error: unknown = await adapter.admin.describeTopic('t').catch((thrown: unknown) => thrown);
    await adapter.close();

    expect(error).toMatchObject(named);
  });

  it('does not hold up closing', async () => {
    const adapter = adapterWith(0, 600_000);
    const connecting = adapter.connect().catch((thrown: unknown) => thrown);
    await adapter.close();

    expect(await connecting).toMatchObject({ code: 'closed' });
  });
});
