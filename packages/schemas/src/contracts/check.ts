import type { Finding } from '../compatibility/comparison.ts';
import { compareJsonSchemas } from '../json-schema/index.ts';
import type { Contract, TopicContract } from './contract.ts';
import { compareCoded } from './coded.ts';
import { asWritten, droppedPaths } from './written.ts';

/** One finding, and whom it concerns. */
export interface ContractFinding extends Finding {
  readonly topic: string;
  /** The event type; absent for what concerns the whole topic. */
  readonly event?: string;
  /**
   * `backward`: the new code reads what is stored. `forward`: code that is not yet deployed anew reads what the new code writes.
   * `topic`: the topic itself.
   */
  readonly direction: 'backward' | 'forward' | 'topic';
}

/**
 * What a change of a service's contract breaks, and for whom; empty where nothing does.
 * Both directions, because in a rolling deploy old and new code run side by side.
 */
export function checkContracts(before: Contract, after: Contract): readonly ContractFinding[] {
  return Object.entries(before.topics).flatMap(([topic, old]) => {
    const now = after.topics[topic];
    if (now === undefined) {
      const cure = 'Keep the declaration until no consumer reads the topic any more';
      return [
        { topic, direction: 'topic', kind: 'breaking', path: '', problem: 'the topic is not declared any more', cure },
      ];
    }
    return [...settings(topic, old, now), ...events(topic, old, now)];
  });
}

function events(topic: string, old: TopicContract, now: TopicContract): readonly ContractFinding[] {
  if (old.events === undefined || now.events === undefined) {
    if (old.events === now.events) return [];
    const cure = 'Declare a new topic, and move consumers to it';
    return [
      {
        topic,
        direction: 'topic',
        kind: 'breaking',
        path: '',
        problem: 'raw and typed events cannot read each other',
        cure,
      },
    ];
  }
  const [olds, news] = [old.events, now.events];
  const isNew = (event: string): boolean => !Object.hasOwn(olds, event);
  return [
    ...Object.keys(news)
      .filter(isNew)
      .map((event) => added(topic, event)),
    // As an event type: that a consumer does not know.
    ...(now.tombstones === true && old.tombstones !== true ? [added(topic, 'tombstone')] : []),
    ...(old.tombstones === true && now.tombstones !== true ? removed(topic, 'tombstone') : []),
    ...Object.keys(olds).flatMap((event) =>
      Object.hasOwn(news, event)
        ? [
            ...schemas(topic, event, olds[event], news[event], now.older?.[event] ?? []),
            ...coded(topic, event, old, now),
          ]
        : removed(topic, event),
    ),
  ];
}

function added(topic: string, event: string): ContractFinding {
  const cure = 'Deploy consumers before producers, or let them pass over types that they do not know';
  const problem = 'old consumers do not know the type';
  return { topic, event, direction: 'forward', kind: 'breaking', path: '', problem, cure };
}

function removed(topic: string, event: string): readonly ContractFinding[] {
  const cure =
    'Keep the type until the last of its events has expired, or let consumers pass over types that they do not know';
  return [
    {
      topic,
      event,
      direction: 'backward',
      kind: 'breaking',
      path: '',
      problem: 'new consumers do not know a type that is stored',
      cure,
    },
  ];
}

function schemas(
  topic: string,
  event: string,
  old: unknown,
  now: unknown,
  older: readonly unknown[],
): readonly ContractFinding[] {
  // Stored events are read by the version that they are of, and brought up to the newest.
  const isUpcast = older.some((version) => compareJsonSchemas(version, asWritten(old)).verdict === 'compatible');
  const backward = isUpcast ? [] : reads(topic, event, 'backward', now, old);
  return [...backward, ...reads(topic, event, 'forward', old, now)];
}

/** The schemas that the codecs write with, where it is the same codec. */
function coded(topic: string, event: string, old: TopicContract, now: TopicContract): readonly ContractFinding[] {
  const [before, after] = [old.codecSchemas?.[event], now.codecSchemas?.[event]];
  if (before === undefined || after === undefined || old.codec !== now.codec) return [];
  const compared = compareCoded(before, after);
  if (compared === undefined) return [];
  return (['backward', 'forward'] as const).flatMap((direction) =>
    compared[direction].findings.map((finding): ContractFinding => ({
      topic,
      event,
      direction,
      ...finding,
      problem: `in the schema of the codec ${now.codec ?? 'json'}, ${finding.problem}`,
    })),
  );
}

function reads(
  topic: string,
  event: string,
  direction: 'backward' | 'forward',
  reader: unknown,
  writer: unknown,
): readonly ContractFinding[] {
  const { verdict, findings } = compareJsonSchemas(reader, asWritten(writer));
  const dropped = verdict === 'compatible' && direction === 'backward' ? droppedPaths(writer, reader) : [];
  return [
    ...findings.map((finding) => ({ topic, event, direction, ...finding })),
    ...dropped.map((path): ContractFinding => ({
      topic,
      event,
      direction,
      kind: 'advice',
      path,
      problem: 'new consumers ignore it: if it was renamed, its values are lost without a word',
      cure: 'Keep the old name beside the new one until the last old event has expired',
    })),
  ];
}

function settings(topic: string, old: TopicContract, now: TopicContract): readonly ContractFinding[] {
  const findings: ContractFinding[] = [];
  const find = (kind: Finding['kind'], problem: string, cure: string): void => {
    findings.push({ topic, direction: 'topic', kind, path: '', problem, cure });
  };
  const layouts = [
    ['format', old.format ?? 'cloudEvents', now.format ?? 'cloudEvents'],
    ['codec', old.codec ?? 'json', now.codec ?? 'json'],
  ] as const;
  for (const [what, before, after] of layouts) {
    if (before !== after)
      find(
        'breaking',
        `the ${what} changed from ${before} to ${after}: what one version writes the other cannot read`,
        'Declare a new topic, and move consumers to it',
      );
  }
  const isKeyed = typeof old.key === 'string';
  if (isKeyed && now.key === null)
    find('breaking', 'events lose their key, and with it their order', 'Keep the key function');
  else if (isKeyed && now.key !== undefined && now.key !== old.key)
    find(
      'unknown',
      `the key function changed from "${old.key}" to "${now.key}"`,
      'If it gives other keys, events of one thing lie in two partitions, out of order: drain the topic first, or use a new one',
    );
  if (old.partitions !== undefined && now.partitions !== undefined && now.partitions !== old.partitions) {
    const change = `${old.partitions} partitions become ${now.partitions}`;
    if (now.partitions < old.partitions)
      find('breaking', `${change}: most providers cannot shrink a topic`, 'Declare a new topic');
    else if (isKeyed)
      find(
        'breaking',
        `${change}: keys move, and their order is lost where partitions are not split`,
        'Drain the topic first, and apply it with the consent "grow-keyed-topic"',
      );
  }
  shortened('retention', 'ms', old.retentionMs, now.retentionMs, find);
  shortened('retention', 'bytes', old.retentionBytes, now.retentionBytes, find);
  shortened('maxEventBytes', 'bytes', old.maxEventBytes, now.maxEventBytes, find);
  if (old.compaction !== undefined && now.compaction !== undefined && old.compaction !== now.compaction)
    find(
      'breaking',
      `compaction is switched ${now.compaction ? 'on' : 'off'}: other events are kept than before`,
      'Declare a new topic, or make sure that every consumer expects it',
    );
  return findings;
}

function shortened(
  name: string,
  unit: string,
  old: number | null | undefined,
  now: number | null | undefined,
  find: (kind: Finding['kind'], problem: string, cure: string) => void,
): void {
  if (old === undefined || now === undefined || now === null) return;
  if (old !== null && now >= old) return;
  const was = old === null ? 'for ever' : `${old} ${unit}`;
  find(
    'breaking',
    `${name} shrinks from ${was} to ${now} ${unit}`,
    'Make sure that every group is past what goes, and that replays do without it',
  );
}
