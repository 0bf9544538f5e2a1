import type { Capabilities } from '@isostream/core/adapter';

const hour = 3_600_000;

/** Beside an event's key and payload: room for a key of another spelling, so that a record never exceeds the stream's limit. */
export const recordOverhead = 256;

export const kinesisCapabilities: Capabilities = Object.freeze({
  settlement: 'watermark',
  reshard: 'split-merge',
  storedTime: 'service',
  startAtTimestamp: true,
  replay: true,
  resetGroup: true,
  retention: { minMs: 24 * hour, maxMs: 8_760 * hour, mutable: true, bytes: false },
  compaction: false,
  tombstones: 'marked',
  replication: false,
  headers: 'none',
  cloudEvents: null,
  maxEventBytes: 10 * 1_048_576 - recordOverhead,
  // Sequence numbers have gaps: the distance of two of them is not a number of events.
  lag: { events: false, time: true },
  members: true,
  attemptsSurviveCrash: false,
  // A commit prolongs the lease: as often as a silent member writes it anyway, within the default `sessionTimeout`.
  commitIntervalMs: 3_000,
  idempotentWrites: false,
});
