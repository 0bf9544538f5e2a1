import type { Capabilities } from '@isostream/core/adapter';

const hour = 3_600_000;

/**
 * What Event Hubs can do. Partitions and retention belong to its control plane: they can be declared and changed only
 * where a {@link EventHubsManagement} says how.
 */
export function eventHubsCapabilities(isManaged: boolean): Capabilities {
  return Object.freeze({
    settlement: 'watermark',
    reshard: isManaged ? 'grow' : 'none',
    storedTime: 'service',
    startAtTimestamp: true,
    replay: true,
    resetGroup: true,
    retention: { minMs: hour, maxMs: 90 * 24 * hour, mutable: isManaged, bytes: false },
    compaction: false,
    tombstones: 'native',
    replication: false,
    headers: 'text',
    cloudEvents: { prefix: 'cloudEvents_', contentType: 'content-type' },
    // Of dedicated clusters; all other tiers take 1 MiB or less, which a sink learns from the service.
    maxEventBytes: 20 * 1_048_576,
    lag: { events: true, time: true },
    members: true,
    attemptsSurviveCrash: false,
    // A commit prolongs the lease: as often as a silent member writes it anyway, within the default `sessionTimeout`.
    commitIntervalMs: 3_000,
    idempotentWrites: false,
  });
}
