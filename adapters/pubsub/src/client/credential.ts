import type { GoogleAuth } from 'google-gax';
import { bounded, StreamError } from '@isostream/core/adapter';
import { toStreamError } from '../errors.ts';
import type { PubSubSettings } from '../options.ts';

/**
 * What proves who we are, asked before each call for the headers that the call will ask it for: it has them at hand for as
 * long as a token lasts. gRPC waits for them until the call's deadline, and says no more than that it has passed. Of a pull,
 * whose deadline means that nothing came, it would never be heard.
 */
export class Credential {
  readonly #auth: GoogleAuth;
  readonly #name: string;
  readonly #timeoutMs: number;

  constructor(auth: GoogleAuth, { authClient, credentials, requestTimeoutMs }: PubSubSettings) {
    this.#auth = auth;
    this.#name = authClient ? 'authClient' : credentials ? 'credentials' : 'Application Default Credentials';
    this.#timeoutMs = requestTimeoutMs;
  }

  /**
   * Rejects with `timeout` that names the option if it does not answer within `requestTimeout`, or what its call may take if that
   * is less, and with what it says otherwise. Nothing was sent then.
   */
  async ask(withinMs: number): Promise<void> {
    await bounded(
      this.#name,
      async () => {
        try {
          const client = await this.#auth.getClient();
          await client.getRequestHeaders();
        } catch (thrown) {
          throw this.#judged(thrown);
        }
      },
      Math.min(withinMs, this.#timeoutMs),
    );
  }

  /** What is not known to be final passes: token services have their bad moments. */
  #judged(thrown: unknown): StreamError {
    const error = toStreamError(thrown, this.#name);
    if (error.code !== 'internal') return error.withOutcome('not-written');
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return new StreamError('unavailable', `${this.#name}: ${text}. It gave no token, and is asked again`, {
      where: 'pubsub',
      cause: thrown,
      outcome: 'not-written',
    });
  }
}
