import type { Capabilities } from '@isostream/core/adapter';

/** A publish request takes 10,000,000 bytes; this leaves room for its framing and for what a dead letter adds. */
export const maxEventBytes = 9_900_000;

export const pubsubCapabilities: Capabilities = Object.freeze({
  settlement: 'individual',
  reshard: 'none',
  storedTime: 'service',
  startAtTimestamp: true,
  replay: true,
  // A group's members are unknown to the service, so nobody could refuse to move it under them.
  resetGroup: false,
  retention: { minMs: 600_000, maxMs: 31 * 86_400_000, mutable: true, bytes: false },
  compaction: false,
  tombstones: 'marked',
  replication: false,
  headers: 'text',
  cloudEvents: { prefix: 'ce-', contentType: 'Content-Type' },
  maxEventBytes,
  // The service counts neither: its figures are Cloud Monitoring's, minutes late.
  lag: {
    events: false,
    time: false,
    elsewhere:
      'Cloud Monitoring: pubsub.googleapis.com/subscription/num_undelivered_messages and subscription/oldest_unacked_message_age of the subscription {topic}~{group}',
  },
  // The service knows no members: whoever may pull a subscription gets a part of it.
  members: false,
  attemptsSurviveCrash: false,
  idempotentWrites: false,
});
