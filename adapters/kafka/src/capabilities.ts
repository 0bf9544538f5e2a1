import type { Capabilities } from '@isostream/core/adapter';

export const kafkaCapabilities: Capabilities = Object.freeze({
  settlement: 'watermark',
  reshard: 'grow',
  storedTime: 'sender',
  startAtTimestamp: true,
  replay: true,
  resetGroup: true,
  retention: { minMs: 1, maxMs: Infinity, mutable: true, bytes: true },
  compaction: true,
  tombstones: 'native',
  replication: true,
  headers: 'bytes',
  cloudEvents: { prefix: 'ce_', contentType: 'content-type' },
  // The protocol's own bound is 2 GB; beyond this a broker's and a client's buffers are not made for it.
  maxEventBytes: 64 * 1_048_576,
  lag: { events: true, time: true },
  members: true,
  attemptsSurviveCrash: false,
  idempotentWrites: true,
});
