import { prometheusName, type MetricName } from '@isostream/core/metrics';

/** How metrics are spelled: as a collector and `@isostream/prometheus` have them, or as the JS Prometheus exporter of OpenTelemetry. */
export type Spelling = 'collector' | 'sdk';

/** Values of a series in promtool's notation, one per minute. */
interface Given {
  readonly metric: MetricName;
  readonly suffix?: '_count';
  readonly values: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** One alert: when it fires, what to do, and two histories by which it is tested. */
export interface Alert {
  readonly name: string;
  readonly expression: (name: (metric: MetricName) => string) => string;
  readonly for: string;
  readonly severity: 'page' | 'ticket';
  readonly summary: string;
  /** What an operator does: the runbook has it. */
  readonly action: string;
  /** What its alerts are about: the labels that they have. */
  readonly by: readonly string[];
  readonly fires: readonly Given[];
  readonly quiet: readonly Given[];
}

export const topicLabel = 'messaging_destination_name';
export const groupLabel = 'messaging_consumer_group_name';
const group: readonly string[] = [topicLabel, groupLabel];
const topic: readonly string[] = [topicLabel];
const byGroup = `by (${group.join(', ')})`;

/** Fires while the counter has grown within the time. */
function grew(metric: MetricName, time: string, by: readonly string[] = group) {
  return {
    by,
    expression: (name: (metric: MetricName) => string): string =>
      `sum by (${by.join(', ')}) (increase(${name(metric)}[${time}])) > 0`,
    fires: [{ metric, values: '0x10 1x30' }],
    quiet: [{ metric, values: '7x40' }],
  };
}

export const alerts: readonly Alert[] = [
  {
    name: 'IsostreamLagGrows',
    expression: (name) =>
      `max ${byGroup} (deriv(${name('isostream.consumer.lag')}[15m])) > 0 and max ${byGroup} (${name('isostream.consumer.lag')}) > 1000`,
    for: '10m',
    severity: 'ticket',
    summary: 'A group falls behind: more events are stored than it handles',
    action:
      'see `messaging_process_duration_seconds`: slow handlers need a faster dependency, more `concurrency` or more members',
    by: group,
    fires: [{ metric: 'isostream.consumer.lag', values: '0+500x40' }],
    quiet: [{ metric: 'isostream.consumer.lag', values: '20000-100x40' }],
  },
  {
    name: 'IsostreamNobodyProgresses',
    expression: (name) =>
      `max ${byGroup} (${name('isostream.consumer.lag')}) > 0 unless on (${group.join(', ')}) sum ${byGroup} (rate(${name('messaging.client.consumed.messages')}[10m])) > 0`,
    for: '10m',
    severity: 'page',
    summary: 'A group has events to handle, and none of its members handles any',
    action: 'see whether members run and hold partitions (`isostream_consumer_assignments`), and `/readyz`',
    by: group,
    fires: [
      { metric: 'isostream.consumer.lag', values: '50x40' },
      { metric: 'messaging.client.consumed.messages', values: '900x40' },
    ],
    quiet: [
      { metric: 'isostream.consumer.lag', values: '50x40' },
      { metric: 'messaging.client.consumed.messages', values: '0+60x40' },
    ],
  },
  {
    name: 'IsostreamHandlerStuck',
    expression: (name) => `max ${byGroup} (${name('isostream.consumer.stuck')}) > 0`,
    for: '5m',
    severity: 'page',
    summary: 'A handler is beyond its time and no other returns',
    action:
      'the pod is restarted by its liveness probe; find what the handler waits for, and pass `context.signal` to it',
    by: group,
    fires: [{ metric: 'isostream.consumer.stuck', values: '0x5 1x35' }],
    quiet: [{ metric: 'isostream.consumer.stuck', values: '0x24 1x3 0x20' }],
  },
  {
    name: 'IsostreamDeadLetters',
    ...grew('isostream.consumer.dead_letters', '30m'),
    for: '0m',
    severity: 'ticket',
    summary: 'Events were dead-lettered',
    action: 'list them with their reason, fix the cause, redrive: see [cli.md](cli.md)',
  },
  {
    name: 'IsostreamKeyBlocked',
    expression: (name) =>
      `sum ${byGroup} (increase(${name('isostream.consumer.letter.failures')}[10m])) > 0 or max ${byGroup} (${name('isostream.consumer.handler.oldest')}) > 300`,
    for: '5m',
    severity: 'page',
    summary: 'A key is blocked: its dead letter cannot be written, or its handler has run for minutes',
    action:
      'the message of `isostream:consume:dead-letter-failed` says why a letter cannot be written (size, permission); a handler that runs for minutes needs a timeout of its own',
    by: group,
    fires: [{ metric: 'isostream.consumer.letter.failures', values: '0+1x40' }],
    quiet: [
      { metric: 'isostream.consumer.letter.failures', values: '2x40' },
      { metric: 'isostream.consumer.handler.oldest', values: '20x40' },
    ],
  },
  {
    name: 'IsostreamManyRetries',
    expression: (name) =>
      `sum ${byGroup} (rate(${name('isostream.consumer.retries')}[10m])) / sum ${byGroup} (rate(${name('messaging.client.consumed.messages')}[10m])) > 0.1`,
    for: '10m',
    severity: 'ticket',
    summary: 'More than a tenth of the attempts fail',
    action: 'a dependency fails; nothing is lost while attempts are left. `error_type` says how',
    by: group,
    fires: [
      { metric: 'isostream.consumer.retries', values: '0+20x40' },
      { metric: 'messaging.client.consumed.messages', values: '0+100x40' },
    ],
    quiet: [
      { metric: 'isostream.consumer.retries', values: '0+5x40' },
      { metric: 'messaging.client.consumed.messages', values: '0+100x40' },
    ],
  },
  {
    name: 'IsostreamProducerBlocked',
    expression: (name) => `max by (${topicLabel}) (${name('isostream.producer.blocked')}) > 0`,
    for: '5m',
    severity: 'page',
    summary: 'Sends wait for room in the buffer of a producer',
    action: 'the service is slow or away, see `isostream_reachable`; raise `maxBuffered` only for peaks',
    by: topic,
    fires: [{ metric: 'isostream.producer.blocked', values: '3x40' }],
    quiet: [{ metric: 'isostream.producer.blocked', values: '0x27 3x2 0x20' }],
  },
  {
    name: 'IsostreamEventsNotWritten',
    ...grew('isostream.producer.failures', '30m', topic),
    for: '0m',
    severity: 'page',
    summary: 'Events could not be written, permanently',
    action: '`error_type` of `messaging_client_sent_messages_total` is in [errors.md](errors.md), with its cure',
  },
  {
    name: 'IsostreamRebalanceStorm',
    expression: (name) =>
      `sum ${byGroup} (increase(${name('isostream.consumer.assignment.changes')}{change="lost"}[15m])) > 5`,
    for: '0m',
    severity: 'ticket',
    summary: 'Members lose partitions again and again without handing them over',
    action: 'raise memory or CPU of the members, and look for a blocked event loop',
    by: group,
    fires: [{ metric: 'isostream.consumer.assignment.changes', values: '0+1x40', labels: { change: 'lost' } }],
    quiet: [{ metric: 'isostream.consumer.assignment.changes', values: '0+1x40', labels: { change: 'revoked' } }],
  },
  {
    name: 'IsostreamEventsExpired',
    ...grew('isostream.consumer.gaps', '1h'),
    for: '0m',
    severity: 'page',
    summary: 'Retention removed events before they were read',
    action: 'raise the retention, then find why the group was behind: these events are lost to it',
  },
  {
    name: 'IsostreamPositionsNotStored',
    ...grew('isostream.consumer.commit.failures', '10m'),
    for: '5m',
    severity: 'ticket',
    summary: 'Positions cannot be stored',
    action: 'permission or an outage; events since the last stored position repeat after a restart',
    fires: [{ metric: 'isostream.consumer.commit.failures', values: '0+1x40' }],
  },
  {
    name: 'IsostreamNotReady',
    expression: (name) => `min by (instance, job) (${name('isostream.ready')}) == 0`,
    for: '5m',
    severity: 'page',
    summary: 'A client is not ready',
    action: 'the service is away, or a consumer cannot join: `/readyz` names the error code',
    by: ['instance', 'job'],
    fires: [{ metric: 'isostream.ready', values: '1x5 0x35' }],
    quiet: [{ metric: 'isostream.ready', values: '1x25 0x3 1x20' }],
  },
];

/** Names of metrics in a spelling. */
export function spelled(spelling: Spelling): (metric: MetricName) => string {
  return (metric) => prometheusName(metric, spelling);
}
