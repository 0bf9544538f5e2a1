/** Names of the semantic conventions 1.45.0, which are in development: a test compares them with the published list. */
export const names = {
  system: 'messaging.system.name',
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  group: 'messaging.consumer.group.name',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  messageId: 'messaging.message.id',
  batchCount: 'messaging.batch.message_count',
  errorType: 'error.type',
} as const;

/** Names of our own. */
export const ownNames = { attempt: 'isostream.attempt', position: 'isostream.position' } as const;

const systems: Readonly<Record<string, string>> = {
  pubsub: 'gcp.pubsub',
  'event-hubs': 'azure.eventhubs',
  kinesis: 'aws.kinesis',
};

/** What the conventions call a provider; the list has no name for Kinesis, and allows others. */
export function systemName(provider: string): string {
  return systems[provider] ?? provider;
}
