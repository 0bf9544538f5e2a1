import { parseAddress } from '@isostream/core/adapter';
import type { PubSubOptions } from './options.ts';

/** `pubsub://project`, and `pubsub://project?emulatorHost=localhost:8085`. Throws `invalid-config`. */
export function parsePubSubUrl(url: string): PubSubOptions {
  const { host, parameters } = parseAddress(url, {
    scheme: 'pubsub',
    example: 'pubsub://project-id, or pubsub://project-id?emulatorHost=localhost:8085',
    host: /^[a-z0-9][a-z0-9.:-]*$/,
    parameters: ['emulatorHost', 'apiEndpoint'],
    takesNoUser: true,
  });
  return { ...parameters, ...(host === undefined ? {} : { projectId: host }) };
}
