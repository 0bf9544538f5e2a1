import { CompactReader } from './compact.ts';
import type { Definition } from './kafkajs-protocol.ts';
import type { GroupKind } from './wire.ts';
import { WireError } from './wire-error.ts';

/** A ListGroups request. */
export const groupKindsKey = 16;

/** Version 5 of a request of which kafkajs knows older ones: it tells the kind of each group (KIP-848, Kafka 3.8). */
export const groupKinds: Definition = {
  versions: ['5'],
  protocol: ({ version }) => {
    if (version < 5) throw new WireError('protocol', 'the broker tells no kinds of groups', { code: 35, sent: 'no' });
    return () => ({
      request: {
        apiKey: groupKindsKey,
        apiVersion: version,
        apiName: 'GroupKinds',
        async encode() {
          // Tags of the header; no filter by state, none by kind; tags.
          const buffer = Buffer.from([0, 1, 1, 0]);
          return { buf: buffer, buffer };
        },
      },
      response: { decode: async (raw) => decode(raw), parse: async (data) => data },
    });
  },
};

export interface RawGroupKinds {
  readonly errorCode: number;
  readonly kinds: ReadonlyMap<string, GroupKind>;
}

function decode(raw: Buffer): RawGroupKinds {
  const reader = new CompactReader(raw);
  reader.skipTags();
  reader.skip(4);
  const errorCode = reader.int16();
  const kinds = new Map<string, GroupKind>();
  reader.skipArray(() => {
    const group = reader.text();
    reader.skipText();
    const state = reader.text();
    kinds.set(group, { state, type: reader.text().toLowerCase() });
    reader.skipTags();
  });
  return { errorCode, kinds };
}
