import type { WatchedOverview } from './lag-watch.ts';

/** One metric: its name, what it says, and its values by labels. */
interface Metric {
  readonly name: string;
  readonly help: string;
  readonly values: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

/**
 * The lag of all groups in the text format of Prometheus. `latest` is what the last look found, `undefined` before the first; `now` is
 * in milliseconds since the epoch. Figures that a service does not tell are left out. Pure.
 */
export function lagMetrics(latest: WatchedOverview | undefined, now: number): string {
  const groups = latest?.groups ?? [];
  const perGroup = (pick: (group: (typeof groups)[number]) => number | null): Metric['values'] =>
    groups.flatMap((group) => {
      const value = pick(group);
      return value === null
        ? []
        : [[{ messaging_destination_name: group.topic, messaging_consumer_group_name: group.group }, value] as const];
    });
  const isUp = latest?.stale === null;
  const metrics: readonly Metric[] = [
    {
      name: 'isostream_consumer_lag',
      help: 'Stored events that the group has not committed',
      values: perGroup(({ events }) => events),
    },
    {
      name: 'isostream_consumer_lag_time_seconds',
      help: 'Age of the oldest event that the group has not committed',
      values: perGroup(({ oldestMs }) => (oldestMs === null ? null : oldestMs / 1_000)),
    },
    {
      name: 'isostream_group_members',
      help: 'Members of the group that read the topic',
      values: perGroup(({ members }) => members?.length ?? null),
    },
    {
      name: 'isostream_group_stuck',
      help: '1 while the group has something to do and nothing moves',
      values: perGroup(({ state }) => (state === 'stuck' ? 1 : 0)),
    },
    {
      name: 'isostream_exporter_up',
      help: '1 if the service answered the last look; 0: all other figures are those of the look before',
      values: [[{}, isUp ? 1 : 0]],
    },
    {
      name: 'isostream_exporter_problems',
      help: 'Groups and lists that could not be looked at',
      values: latest === undefined ? [] : [[{}, latest.problems.length]],
    },
    {
      name: 'isostream_exporter_age_seconds',
      help: 'How old the figures are',
      values: latest === undefined ? [] : [[{}, Math.max(0, now - Date.parse(latest.at)) / 1_000]],
    },
  ];
  return metrics.map(textOf).join('');
}

function textOf({ name, help, values }: Metric): string {
  if (values.length === 0) return '';
  const lines = values.map(([labels, value]) => `${name}${labelsOf(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
