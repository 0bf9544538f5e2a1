import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { systemClock } from '@isostream/core/adapter';

/** Less than this our clock and the service's do not differ as far as anybody can tell: a `date` header has no fractions. */
const toleranceMs = 2_000;

/** The service's time of day, which decides what a timestamp means: this machine's clock may be wrong. */
export class ServiceClock {
  #offsetMs = 0;

  /** Learns from the answers that this client gets. */
  constructor(client: KinesisClient) {
    client.middlewareStack.add(
      (next) => async (request) => {
        const result = await next(request);
        this.#learn(result.response);
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'isostreamServiceClock', override: true },
    );
  }

  now(): number {
    return systemClock.now() + this.#offsetMs;
  }

  #learn(response: unknown): void {
    const date = dateOf(response);
    if (date === undefined) return;
    const offsetMs = date + 500 - systemClock.now();
    this.#offsetMs = Math.abs(offsetMs) < toleranceMs ? 0 : offsetMs;
  }
}

function dateOf(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  const ms = Date.parse(String(headers.date));
  return Number.isNaN(ms) ? undefined : ms;
}
