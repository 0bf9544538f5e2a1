/** One metric: what kind it is, in what unit, and what it means. */
export interface MetricSpec {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** As OpenTelemetry writes it: `s`, or what is counted in braces. */
  readonly unit: string;
  readonly help: string;
}

export type MetricName =
  | 'messaging.client.sent.messages'
  | 'messaging.client.consumed.messages'
  | 'messaging.client.operation.duration'
  | 'messaging.process.duration'
  | 'isostream.producer.retries'
  | 'isostream.producer.failures'
  | 'isostream.producer.buffered'
  | 'isostream.producer.blocked'
  | 'isostream.consumer.retries'
  | 'isostream.consumer.dead_letters'
  | 'isostream.consumer.in_flight'
  | 'isostream.consumer.assignments'
  | 'isostream.consumer.assignment.changes'
  | 'isostream.consumer.handler.oldest'
  | 'isostream.consumer.stuck'
  | 'isostream.consumer.commit.failures'
  | 'isostream.consumer.letter.failures'
  | 'isostream.consumer.gaps'
  | 'isostream.consumer.lag'
  | 'isostream.consumer.lag.time'
  | 'isostream.warnings'
  | 'isostream.reachable'
  | 'isostream.live'
  | 'isostream.ready';

/**
 * Every metric, by its name in OpenTelemetry: those of the conventions, and our own. Labels are topics, groups, error codes and the like:
 * never keys, ids or positions.
 */
export const metricTable: Readonly<Record<MetricName, MetricSpec>> = {
  'messaging.client.sent.messages': {
    kind: 'counter',
    unit: '{message}',
    help: 'Events that were written, or failed to be written permanently (error_type)',
  },
  'messaging.client.consumed.messages': {
    kind: 'counter',
    unit: '{message}',
    help: 'Events that were handed to handlers, once per attempt',
  },
  'messaging.client.operation.duration': {
    kind: 'histogram',
    unit: 's',
    help: 'How long writes of batches took, and why they failed (error_type)',
  },
  'messaging.process.duration': {
    kind: 'histogram',
    unit: 's',
    help: 'How long attempts of handlers took, by what followed (result) and why they failed (error_type)',
  },
  'isostream.producer.retries': { kind: 'counter', unit: '{batch}', help: 'Batches that are written again' },
  'isostream.producer.failures': {
    kind: 'counter',
    unit: '{message}',
    help: 'Events that failed to be written permanently',
  },
  'isostream.producer.buffered': {
    kind: 'gauge',
    unit: '{message}',
    help: 'Events that were sent and have no answer yet',
  },
  'isostream.producer.blocked': { kind: 'gauge', unit: '{message}', help: 'Sends that wait for room in the buffer' },
  'isostream.consumer.retries': { kind: 'counter', unit: '{attempt}', help: 'Attempts that failed and are repeated' },
  'isostream.consumer.dead_letters': { kind: 'counter', unit: '{message}', help: 'Events that go to the dead letters' },
  'isostream.consumer.in_flight': {
    kind: 'gauge',
    unit: '{message}',
    help: 'Events that were read and are not settled',
  },
  'isostream.consumer.assignments': { kind: 'gauge', unit: '{partition}', help: 'Partitions that this process holds' },
  'isostream.consumer.assignment.changes': {
    kind: 'counter',
    unit: '{partition}',
    help: 'Partitions that were assigned, revoked or lost (change): a rebalance changes some',
  },
  'isostream.consumer.handler.oldest': {
    kind: 'gauge',
    unit: 's',
    help: 'How long the oldest running handler has run',
  },
  'isostream.consumer.stuck': {
    kind: 'gauge',
    unit: '{consumer}',
    help: 'Consumers of which a handler is beyond its time and none returns',
  },
  'isostream.consumer.commit.failures': {
    kind: 'counter',
    unit: '{commit}',
    help: 'Positions that could not be stored',
  },
  'isostream.consumer.letter.failures': {
    kind: 'counter',
    unit: '{attempt}',
    help: 'Dead letters that could not be written: their keys are blocked until they are',
  },
  'isostream.consumer.gaps': {
    kind: 'counter',
    unit: '{gap}',
    help: 'Times that retention removed events before they were read',
  },
  'isostream.consumer.lag': {
    kind: 'gauge',
    unit: '{message}',
    help: 'Stored events that the group has not committed',
  },
  'isostream.consumer.lag.time': { kind: 'gauge', unit: 's', help: 'Age of the oldest event that is not committed' },
  'isostream.warnings': {
    kind: 'counter',
    unit: '{warning}',
    help: 'Transient problems of connections, positions and the like',
  },
  'isostream.reachable': { kind: 'gauge', unit: '{client}', help: '1 while the service answers the client' },
  'isostream.live': { kind: 'gauge', unit: '{client}', help: '1 while the client is live' },
  'isostream.ready': { kind: 'gauge', unit: '{client}', help: '1 while the client is ready' },
};

/** All of them, in order. */
export const metricNames: readonly MetricName[] = Object.keys(metricTable).filter(isMetricName);

function isMetricName(name: string): name is MetricName {
  return name in metricTable;
}

/** Upper bounds of the durations, in seconds: those of the conventions. */
export const durationBuckets: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** How Prometheus spells a metric, or a label: through a collector, or with the JS exporter, which leaves out the unit. */
export function prometheusName(name: MetricName, spelling: 'collector' | 'sdk' = 'collector'): string {
  const { kind, unit } = metricTable[name];
  const withUnit = spelling === 'collector' && unit === 's' ? '_seconds' : '';
  return `${name.replaceAll('.', '_')}${withUnit}${kind === 'counter' ? '_total' : ''}`;
}
