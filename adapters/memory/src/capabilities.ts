import type { Capabilities } from '@isostream/core/adapter';

export const memoryCapabilities: Capabilities = Object.freeze({
  settlement: 'watermark',
  reshard: 'grow',
  startAtTimestamp: true,
  replay: true,
  resetGroup: true,
  retention: { minMs: 1, maxMs: Infinity, mutable: true, bytes: true },
  compaction: true,
  replication: false,
  headers: 'bytes',
  cloudEvents: { prefix: 'ce_', contentType: 'content-type' },
  maxEventBytes: 16 * 1_048_576,
  lag: { events: true, time: true },
  attemptsSurviveCrash: false,
  idempotentWrites: true,
});

/** As {@link memoryCapabilities}, of a broker without headers: a tombstone is bytes there, so nothing can be compacted. */
export const bareCapabilities: Capabilities = Object.freeze({
  ...memoryCapabilities,
  compaction: false,
  headers: 'none',
  cloudEvents: null,
});
