import type { Adapter } from '../contract/adapter.ts';
import type { TopicDescription, TopicSettings } from '../contract/admin.ts';
import type { Capabilities } from '../contract/capabilities.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Topic } from '../model/define-topic.ts';
import { toBytes, toMilliseconds } from '../units/units.ts';
import type { Consent, TopologyChange, TopologyPlan, TopologyProblem } from './types.ts';

/** A topic's declaration in plain units; `Infinity` for a retention of `forever`. Throws `invalid-config`. */
export function declaredSettings(topic: Topic): TopicSettings {
  const { partitions, retention, compaction, replication, maxEventBytes } = topic;
  const { time, bytes } = typeof retention === 'object' ? retention : { time: retention, bytes: undefined };
  if (partitions !== undefined && (!Number.isInteger(partitions) || partitions < 1))
    throw new StreamError(
      'invalid-config',
      `topic "${topic.name}": partitions is ${partitions}. Give a whole number of 1 or more`,
      { where: 'defineTopic' },
    );
  return {
    ...(partitions === undefined ? {} : { partitions }),
    ...(time === undefined ? {} : { retentionMs: time === 'forever' ? Infinity : toMilliseconds(time, 'retention') }),
    ...(bytes === undefined ? {} : { retentionBytes: toBytes(bytes, 'retention.bytes') }),
    ...(compaction === undefined ? {} : { compaction }),
    ...(replication === undefined ? {} : { replicationFactor: replication.factor }),
    ...(replication?.minInSync === undefined ? {} : { minInSync: replication.minInSync }),
    ...(maxEventBytes === undefined ? {} : { maxEventBytes: toBytes(maxEventBytes, 'maxEventBytes') }),
  };
}

/** An event's own time is data on typed topics: there the service's clock says when it was stored. */
function storedTimeOf({ events, storedTime }: Topic): Pick<TopicSettings, 'storedTime'> {
  return events === undefined && storedTime !== 'service' ? { storedTime: 'sender' } : {};
}

/** What the provider cannot do: pure, before any I/O. */
function capabilityProblems(
  topic: Topic,
  settings: TopicSettings,
  { capabilities }: { readonly capabilities: Capabilities },
): readonly Omit<TopologyProblem, 'accepted'>[] {
  const problems: Omit<TopologyProblem, 'accepted'>[] = [];
  const refuse = (what: string): unknown =>
    problems.push({ code: 'unsupported', message: `topic "${topic.name}": ${what}` });
  const { minMs, maxMs, bytes, mutable } = capabilities.retention;
  const { retentionMs } = settings;
  if (!mutable && (retentionMs ?? settings.retentionBytes) !== undefined)
    refuse('retention is the provider’s own and cannot be declared');
  if (retentionMs !== undefined && (retentionMs < minMs || retentionMs > maxMs))
    refuse(
      `retention of ${retentionMs} ms is outside of ${minMs} to ${maxMs} ms. Declare one that this provider can keep`,
    );
  if (settings.retentionBytes !== undefined && !bytes) refuse('retention by size cannot be kept. Declare it by time');
  if (topic.storedTime === 'sender' && capabilities.storedTime !== 'sender')
    refuse("storedTime: 'sender' is not available: the service alone says when an event was stored. Leave it out");
  if (settings.compaction === true && !capabilities.compaction) refuse('compaction is not available');
  if (settings.replicationFactor !== undefined && !capabilities.replication)
    refuse('replication is the provider’s own and cannot be declared');
  if ((settings.maxEventBytes ?? 0) > capabilities.maxEventBytes)
    refuse(`maxEventBytes of ${settings.maxEventBytes} is above the limit of ${capabilities.maxEventBytes}`);
  return problems;
}

/** Throws `unsupported` for what the provider cannot do: pure, before any I/O. */
export function checkCapabilities(
  topic: Topic,
  settings: TopicSettings,
  adapter: { readonly name: string; readonly capabilities: Capabilities },
): void {
  const [first] = capabilityProblems(topic, settings, adapter);
  if (first !== undefined) throw new StreamError(first.code, first.message, { where: adapter.name });
}

/** What a provider without partitions need not be told: each key is a lane of its own, so any number is met. Pure. */
function applicable({ partitions, ...rest }: TopicSettings, { settlement }: Capabilities): TopicSettings {
  return settlement === 'individual' || partitions === undefined ? rest : { partitions, ...rest };
}

/** Declared settings that a described topic does not have: pure. */
export function difference(declared: TopicSettings, actual: TopicSettings): TopologyChange['settings'] {
  const settings: Record<string, { readonly from: unknown; readonly to: unknown }> = {};
  const names = [
    'partitions',
    'retentionMs',
    'retentionBytes',
    'compaction',
    'replicationFactor',
    'minInSync',
    'maxEventBytes',
  ] as const;
  for (const name of names) {
    if (declared[name] !== undefined && declared[name] !== actual[name])
      settings[name] = { from: actual[name], to: declared[name] };
  }
  return settings;
}

/** What prevents a change: what no provider can make, and what loses order or events: pure. */
function changeProblems(
  topic: Topic,
  declared: TopicSettings,
  actual: TopicSettings,
  { reshard }: Pick<Capabilities, 'reshard'>,
): readonly Omit<TopologyProblem, 'accepted'>[] {
  const problems: Omit<TopologyProblem, 'accepted'>[] = [];
  const cannot = (what: string): unknown =>
    problems.push({ code: 'unsupported', message: `topic "${topic.name}": ${what}` });
  const asks = (consent: Consent, what: string): unknown =>
    problems.push({ code: 'consent-required', message: `topic "${topic.name}": ${what}`, consent });
  const [from, to] = [actual.partitions ?? 0, declared.partitions ?? actual.partitions ?? 0];
  if (to < from && reshard !== 'split-merge')
    cannot(`has ${from} partitions and cannot shrink to ${to}. Create another topic and move over`);
  if (to > from && reshard === 'none')
    cannot(`has ${from} partitions and keeps them. Create another topic with ${to} and move over`);
  const isKeyed = topic.events === undefined || topic.key !== null;
  // Where partitions are split, a key's later events are read only after its earlier ones.
  if (to > from && reshard === 'grow' && isKeyed)
    asks(
      'grow-keyed-topic',
      `has ${from} partitions. With ${to} most keys move to another partition and lose their order. Stop its producers, let its groups drain, then give consent: 'grow-keyed-topic'`,
    );
  const shortened =
    declared.retentionMs !== undefined && actual.retentionMs !== undefined && declared.retentionMs < actual.retentionMs;
  const smaller =
    declared.retentionBytes !== undefined && declared.retentionBytes < (actual.retentionBytes ?? Infinity);
  if (shortened || smaller)
    asks(
      'shorten-retention',
      "a shorter retention removes events that are kept today. Give consent: 'shorten-retention' if they are no longer needed",
    );
  if (declared.compaction !== undefined && declared.compaction !== (actual.compaction ?? false))
    asks(
      'shorten-retention',
      "changing compaction removes events that are kept today: it keeps only the latest of each key, the end of it only what is young enough. Give consent: 'shorten-retention' if they are no longer needed",
    );
  if (declared.replicationFactor !== undefined && declared.replicationFactor !== actual.replicationFactor)
    cannot(
      `has ${actual.replicationFactor} copies, declared are ${declared.replicationFactor}. Move its replicas with the tools of the service`,
    );
  return problems;
}

/** Throws for a change that loses order or events without consent, or that no provider can make: pure. */
export function checkChange(
  topic: Topic,
  declared: TopicSettings,
  actual: TopicSettings,
  consent: readonly Consent[],
  capabilities: Pick<Capabilities, 'reshard'>,
): void {
  for (const { code, message, consent: needed } of changeProblems(topic, declared, actual, capabilities))
    if (needed === undefined || !consent.includes(needed)) throw new StreamError(code, message, { where: 'topology' });
}

/** What {@link ensureTopic} would do now; changes nothing. */
export async function planTopic(
  adapter: Adapter,
  topic: Topic,
  consent: readonly Consent[],
  signal?: AbortSignal,
): Promise<TopologyPlan> {
  const declared = applicable(declaredSettings(topic), adapter.capabilities);
  const unable = capabilityProblems(topic, declared, adapter);
  const actual = await adapter.admin.describeTopic(topic.name, signal);
  const settings = difference(declared, actual ?? {});
  const change = actual === undefined ? 'create' : Object.keys(settings).length === 0 ? 'none' : 'alter';
  const inTheWay = actual === undefined ? [] : changeProblems(topic, declared, actual, adapter.capabilities);
  const problems = [...unable, ...inTheWay].map((problem) => ({
    ...problem,
    accepted: problem.consent !== undefined && consent.includes(problem.consent),
  }));
  return { topic: topic.name, change, settings, problems };
}

/** Makes the topic as declared and changes nothing that is not declared. Two callers at once both succeed. */
export async function ensureTopic(
  adapter: Adapter,
  topic: Topic,
  consent: readonly Consent[],
  signal?: AbortSignal,
): Promise<TopologyChange> {
  const declared = applicable(declaredSettings(topic), adapter.capabilities);
  checkCapabilities(topic, declared, adapter);
  const { admin } = adapter;
  let actual = await admin.describeTopic(topic.name, signal);
  if (actual === undefined) {
    try {
      await admin.createTopic(topic.name, { ...declared, ...storedTimeOf(topic) }, signal);
      return { topic: topic.name, change: 'create', settings: difference(declared, {}) };
    } catch (error) {
      // Somebody else was faster: then it is there to be compared.
      if (!StreamError.is(error) || error.code !== 'conflict') throw error;
      actual = await requireTopic(adapter, topic, signal);
    }
  }
  const settings = difference(declared, actual);
  if (Object.keys(settings).length === 0) return { topic: topic.name, change: 'none', settings };
  checkChange(topic, declared, actual, consent, adapter.capabilities);
  const changed = Object.fromEntries(Object.entries(settings).map(([name, { to }]) => [name, to]));
  await admin.alterTopic(topic.name, changed, signal);
  return { topic: topic.name, change: 'alter', settings };
}

/** Throws `unknown-topic`, or `topic-mismatch` that names every difference. */
export async function validateTopic(adapter: Adapter, topic: Topic, signal?: AbortSignal): Promise<void> {
  const declared = applicable(declaredSettings(topic), adapter.capabilities);
  checkCapabilities(topic, declared, adapter);
  const settings = difference(declared, await requireTopic(adapter, topic, signal));
  const differences = Object.entries(settings).map(
    ([name, { from, to }]) => `${name} is ${String(from)}, declared ${String(to)}`,
  );
  if (differences.length > 0)
    throw new StreamError(
      'topic-mismatch',
      `topic "${topic.name}": ${differences.join('; ')}. Change the declaration, or ensure() the topic`,
      { where: 'topology' },
    );
}

async function requireTopic(adapter: Adapter, topic: Topic, signal?: AbortSignal): Promise<TopicDescription> {
  const actual = await adapter.admin.describeTopic(topic.name, signal);
  if (actual !== undefined) return actual;
  throw new StreamError(
    'unknown-topic',
    `topic "${topic.name}" does not exist. Create it, or connect with topology: 'ensure'`,
    { where: adapter.name },
  );
}
