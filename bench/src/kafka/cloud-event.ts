import { randomUUID } from 'node:crypto';
import type { Message } from 'kafkajs';
import type { TypedMessage } from '../load.ts';

/** A CloudEvent as one writes it by hand with the raw client: the bytes that isostream stores for the same event. */
export function toCloudEvent({ type, data }: TypedMessage): Message {
  return {
    key: data.key,
    value: JSON.stringify(data),
    headers: {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_type: type,
      ce_source: 'isostream',
      ce_time: new Date().toISOString(),
      'content-type': 'application/json',
    },
  };
}
