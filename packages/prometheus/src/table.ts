/** One metric: what it is called, and what it means. */
export interface MetricSpec {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
}

export type MetricName =
  | 'messaging_client_sent_messages_total'
  | 'messaging_process_duration_seconds'
  | 'isostream_producer_retries_total'
  | 'isostream_producer_buffered'
  | 'isostream_producer_blocked'
  | 'isostream_consumer_in_flight'
  | 'isostream_consumer_assignments'
  | 'isostream_consumer_assignment_changes_total'
  | 'isostream_consumer_handler_oldest_seconds'
  | 'isostream_consumer_stuck'
  | 'isostream_consumer_commit_failures_total'
  | 'isostream_consumer_letter_failures_total'
  | 'isostream_consumer_gaps_total'
  | 'isostream_consumer_lag'
  | 'isostream_consumer_lag_time_seconds'
  | 'isostream_live'
  | 'isostream_ready';

/**
 * Every metric, by its name in Prometheus. Names of the OpenTelemetry conventions are spelled as a collector spells them. Labels are topics,
 * groups, error codes and the like: never keys, ids or positions.
 */
export const metricTable: Readonly<Record<MetricName, MetricSpec>> = {
  messaging_client_sent_messages_total: {
    kind: 'counter',
    help: 'Events that were written, or failed to be written permanently (error_type)',
  },
  messaging_process_duration_seconds: {
    kind: 'histogram',
    help: 'How long attempts of handlers took, by what followed (result) and why they failed (error_type)',
  },
  isostream_producer_retries_total: { kind: 'counter', help: 'Batches that are written again' },
  isostream_producer_buffered: { kind: 'gauge', help: 'Events that were sent and have no answer yet' },
  isostream_producer_blocked: { kind: 'gauge', help: 'Sends that wait for room in the buffer' },
  isostream_consumer_in_flight: { kind: 'gauge', help: 'Events that were read and are not settled' },
  isostream_consumer_assignments: { kind: 'gauge', help: 'Partitions that this process holds' },
  isostream_consumer_assignment_changes_total: {
    kind: 'counter',
    help: 'Partitions that were assigned, revoked or lost (change): a rebalance changes some',
  },
  isostream_consumer_handler_oldest_seconds: { kind: 'gauge', help: 'How long the oldest running handler has run' },
  isostream_consumer_stuck: { kind: 'gauge', help: '1 while a handler is beyond its time and none returns' },
  isostream_consumer_commit_failures_total: { kind: 'counter', help: 'Positions that could not be stored' },
  isostream_consumer_letter_failures_total: {
    kind: 'counter',
    help: 'Dead letters that could not be written: their keys are blocked until they are',
  },
  isostream_consumer_gaps_total: { kind: 'counter', help: 'Times that retention removed events before they were read' },
  isostream_consumer_lag: { kind: 'gauge', help: 'Stored events that the group has not committed' },
  isostream_consumer_lag_time_seconds: { kind: 'gauge', help: 'Age of the oldest event that is not committed' },
  isostream_live: { kind: 'gauge', help: '1 while the client is live' },
  isostream_ready: { kind: 'gauge', help: '1 while the client is ready' },
};

/** Upper bounds of the durations, in seconds: those of the conventions. */
export const durationBuckets: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
