/** Who numbered an event, for the recognition of repeated sends. */
export interface ProducerStamp {
  readonly id: number;
  readonly epoch: number;
  readonly sequence: number;
}

export interface NewEvent {
  readonly partitionKey: string | undefined;
  /** Encoded entries of the sender's own message annotations. */
  readonly annotations: Buffer;
  readonly annotationCount: number;
  /** Encoded properties, application properties, body and footer, as they were sent. */
  readonly rest: Buffer;
  readonly producer: ProducerStamp | undefined;
}

export interface StoredEvent extends Omit<NewEvent, 'producer'> {
  /** 0 for a partition's first, and one more for each. */
  readonly sequence: number;
  /** Where it begins in the partition's bytes. */
  readonly offset: number;
  readonly enqueuedMs: number;
}
