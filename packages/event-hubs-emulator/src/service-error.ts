/** A refusal, in the words of the service: the condition is what clients branch on. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly condition: string;

  constructor(condition: string, description: string) {
    super(description);
    this.condition = condition;
  }
}

export function entityNotFound(path: string): ServiceError {
  return new ServiceError('amqp:not-found', `The messaging entity '${path}' could not be found.`);
}

export function partitionNotFound(hub: string, partition: string, count: number): ServiceError {
  return new ServiceError(
    'com.microsoft:argument-out-of-range',
    `The specified partition '${partition}' is invalid for an EventHub ('${hub}') partition sender or receiver with ${count} partitions. It should be between 0 and ${count - 1}.`,
  );
}
