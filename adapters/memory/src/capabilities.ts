import type { Capabilities } from '@isostream/core/adapter';

export const memoryCapabilities: Capabilities = Object.freeze({
  settlement: 'watermark',
  reshard: 'grow',
  storedTime: 'sender',
  startAtTimestamp: true,
  replay: true,
  resetGroup: true,
  retention: { minMs: 1, maxMs: Infinity, mutable: true, bytes: true },
  compaction: true,
  tombstones: 'native',
  replication: false,
  headers: 'bytes',
  cloudEvents: { prefix: 'ce_', contentType: 'content-type' },
  maxEventBytes: 16 * 1_048_576,
  lag: { events: true, time: true },
  members: true,
  attemptsSurviveCrash: false,
  idempotentWrites: true,
});

/** Without headers a tombstone is bytes, so nothing can be compacted. */
const withoutHeaders = { compaction: false, tombstones: 'marked', headers: 'none', cloudEvents: null } as const;

/** Single events have no partitions and no positions. */
const individual = { settlement: 'individual', reshard: 'none', resetGroup: false } as const;

/** What a broker of this kind can do. */
export function capabilitiesOf(
  broker: Pick<Capabilities, 'settlement'> & { readonly headers: 'bytes' | 'none' },
): Capabilities {
  return Object.freeze({
    ...memoryCapabilities,
    ...(broker.headers === 'none' ? withoutHeaders : {}),
    ...(broker.settlement === 'individual' ? individual : {}),
  });
}
