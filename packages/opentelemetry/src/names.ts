/** Names of the semantic conventions 1.45.0, which are in development: a test compares them with the published list. */
export const names = {
  system: 'messaging.system.name',
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  group: 'messaging.consumer.group.name',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  messageId: 'messaging.message.id',
  errorType: 'error.type',
} as const;

/** Names of our own. */
export const ownNames = { attempt: 'isostream.attempt', position: 'isostream.position' } as const;
