import type { Health, Streams } from 'isostream';

/** What Terminus takes as the result of an indicator. */
export type IsostreamHealthResult = Record<
  string,
  { readonly status: 'up' | 'down' } & Readonly<Record<string, unknown>>
>;

/**
 * Indicators for Terminus, without a dependency on it: `this.health.check([() => this.isostream.isReady()])`. They tell states and
 * codes of errors, and no message, since one may hold data.
 */
export class IsostreamHealth {
  readonly #streams: Streams;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** Up unless only a restart helps: for `/livez`. */
  isLive(key = 'isostream'): Promise<IsostreamHealthResult> {
    return this.#result(key, 'live');
  }

  /** Up where the service answers and every consumer has joined: for `/readyz`. */
  isReady(key = 'isostream'): Promise<IsostreamHealthResult> {
    return this.#result(key, 'ready');
  }

  /** Up once every consumer has joined its group: for `/startupz`. */
  isStarted(key = 'isostream'): Promise<IsostreamHealthResult> {
    return this.#result(key, 'started');
  }

  async #result(key: string, name: 'live' | 'ready' | 'started'): Promise<IsostreamHealthResult> {
    const health: Health = await this.#streams.health();
    const { service, consumers } = health;
    return {
      [key]: {
        status: health[name] ? 'up' : 'down',
        service: service.reachable ? 'reachable' : (service.error?.code ?? 'closed'),
        consumers: consumers.map(({ topic, group, state, stuck, partitions }) => ({
          topic,
          group,
          state,
          stuck,
          partitions,
        })),
      },
    };
  }
}
