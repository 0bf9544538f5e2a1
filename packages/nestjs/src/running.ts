import { Logger } from '@nestjs/common';
import type { CloseOptions, Streams } from 'isostream';
import type { Group } from './group.ts';

/** Consumers that run. */
export interface Running {
  /** Drains them all. */
  close(options?: CloseOptions): Promise<void>;
}

/** Starts a consumer for each group. One that fails is logged; the health of the client tells it from then on. */
export function start(streams: Streams, groups: readonly Group[]): Running {
  const logger = new Logger('Isostream');
  const consumers = groups.map(({ topic, options, methodFor, batch }) => {
    const consumer = streams.consumer(topic, options);
    // Whoever awaits `ready` is told of a failure there; it is logged here.
    consumer.ready.catch(() => undefined);
    const ended =
      batch === undefined
        ? consumer.run((event, context) => methodFor(typeOf(event))(event, context))
        : consumer.runBatch((events) => methodFor(undefined)(events), batch);
    ended.catch((error: unknown) => {
      const where = `the consumer of ${topic.name} in group ${options.group}`;
      logger.error(`${where} has stopped; restart the process once the cause is removed`, error);
    });
    return consumer;
  });
  return {
    async close(options) {
      await Promise.all(consumers.map((consumer) => consumer.close(options)));
    },
  };
}

function typeOf(event: unknown): string | undefined {
  const isTyped = typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string';
  return isTyped ? String(event.type) : undefined;
}
