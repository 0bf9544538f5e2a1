import {
  type Consent,
  type ErrorCode,
  StreamError,
  type Streams,
  type Topic,
  type TopologyPlan,
} from '@isostream/core';
import { deadLetterTopic, prepareLetters } from '@isostream/core/adapter';

/** One setting that is not as declared; `forever` is a retention without end, `undefined` what is not there yet. */
export interface SettingChange {
  readonly name: string;
  readonly from: number | boolean | 'forever' | undefined;
  readonly to: number | boolean | 'forever';
}

/** One topic of a plan. */
export interface TopologyStep {
  readonly topic: string;
  /** The topic and the group whose dead letters it holds; absent for others. */
  readonly deadLettersOf?: { readonly topic: string; readonly group: string };
  readonly change: TopologyPlan['change'];
  readonly settings: readonly SettingChange[];
  /** What prevents it. With one that is not accepted nothing is applied. */
  readonly problems: TopologyPlan['problems'];
}

/** What declared topics need that a service does not have. Nothing is ever deleted. */
export interface TopicsPlan {
  readonly kind: 'topology';
  readonly provider: string;
  readonly steps: readonly TopologyStep[];
  /** Topics of the service that nobody declared: only shown. `null` where the service does not list its topics to us. */
  readonly undeclared: readonly string[] | null;
  /** Declared topics whose groups the service does not list to us: of their dead-letter topics only those of named groups were compared. */
  readonly unlisted: readonly string[];
  /** The plan in one sentence. */
  readonly sentence: string;
}

export interface TopologyOptions {
  /** Groups whose dead-letter topics are to exist, for every declared topic. Those of other groups are compared where they exist. */
  readonly groups?: readonly string[];
  readonly consent?: readonly Consent[];
  readonly signal?: AbortSignal;
}

/** A plan with what it needs to be applied. */
export interface RunnableTopology {
  readonly plan: TopicsPlan;
  /**
   * Makes the topics as declared, one after the other; `done` is told of each. Stopped in the middle, a new plan has what is left.
   * Throws, before anything is changed, what prevents it: `consent-required` or `unsupported`; `conflict` for a topic that has
   * changed since the plan.
   */
  readonly run: (done?: (step: TopologyStep) => void, signal?: AbortSignal) => Promise<void>;
}

interface Target {
  readonly declared: Topic;
  readonly deadLettersOf?: { readonly topic: string; readonly group: string };
}

/** Compares declared topics, and the dead-letter topics of groups, with those of the service; changes nothing. */
export async function planTopology(
  streams: Streams,
  topics: readonly Topic[],
  { groups = [], consent = [], signal }: TopologyOptions = {},
): Promise<RunnableTopology> {
  const { admin } = streams;
  const signalled = signal === undefined ? {} : { signal };
  const listed = await unlessRefused(() => admin.topics(signalled));
  const undeclared = new Set(listed);
  const unlisted: string[] = [];
  const targets: Target[] = [];
  const declarations = declaredOnce(topics);
  // Which letters are there is known only where topics are listed.
  const groupsOf = async (topic: Topic): Promise<readonly string[] | undefined> =>
    listed === undefined ? undefined : unlessRefused(() => admin.groups(topic, signalled));
  for (const declared of declarations.values()) {
    targets.push({ declared });
    // Letters have no letters.
    if (declared.name.endsWith('.dlq')) continue;
    const present = listed?.includes(declared.name) === false ? [] : await groupsOf(declared);
    if (present === undefined) unlisted.push(declared.name);
    for (const group of new Set([...groups, ...(present ?? [])])) {
      const letters = deadLetterTopic(declared, group, streams.adapter.capabilities);
      // Who declares it as a topic says by that what it is to be.
      if (!declarations.has(letters.name) && (groups.includes(group) || undeclared.has(letters.name)))
        targets.push({ declared: letters, deadLettersOf: { topic: declared.name, group } });
    }
  }
  const planned: { readonly target: Target; readonly step: TopologyStep }[] = [];
  for (const target of targets) {
    undeclared.delete(target.declared.name);
    planned.push({ target, step: await stepOf(streams, target, consent, signal) });
  }
  const steps = planned.map(({ step }) => step);
  return {
    plan: {
      kind: 'topology',
      provider: streams.adapter.name,
      steps,
      undeclared: listed === undefined ? null : [...undeclared].toSorted(),
      unlisted,
      sentence: sentence(steps),
    },
    async run(done, running = signal): Promise<void> {
      refuseProblems(steps);
      for (const { target, step } of planned.filter((each) => each.step.change !== 'none')) {
        running?.throwIfAborted();
        await apply(streams, target, step, consent, running);
        done?.(step);
      }
    },
  };
}

/** By name. Throws `conflict` for a topic that is declared with two kinds of storage: each would undo the other. */
function declaredOnce(topics: readonly Topic[]): ReadonlyMap<string, Topic> {
  const found = new Map<string, Topic>();
  for (const topic of topics) {
    const other = found.get(topic.name);
    if (other !== undefined && storageOf(other) !== storageOf(topic))
      throw refusal(
        'conflict',
        `topic "${topic.name}" is declared twice, in different ways. Declare it once, and import it`,
      );
    found.set(topic.name, topic);
  }
  return found;
}

function storageOf({ partitions, retention, compaction, replication, maxEventBytes }: Topic): string {
  return JSON.stringify([partitions, retention, compaction, replication, maxEventBytes]);
}

/** `undefined` where the service does not list this to us. */
async function unlessRefused(list: () => Promise<readonly string[]>): Promise<readonly string[] | undefined> {
  try {
    return await list();
  } catch (error) {
    if (StreamError.is(error) && (error.code === 'unauthorized' || error.code === 'unsupported')) return undefined;
    throw error;
  }
}

async function stepOf(
  { admin }: Streams,
  { declared, deadLettersOf }: Target,
  consent: readonly Consent[],
  signal: AbortSignal | undefined,
): Promise<TopologyStep> {
  const plan = await admin.plan(declared, { consent, ...(signal === undefined ? {} : { signal }) });
  return {
    topic: plan.topic,
    ...(deadLettersOf === undefined ? {} : { deadLettersOf }),
    change: plan.change,
    settings: Object.entries(plan.settings).map(([name, { from, to }]) => ({
      name,
      from: valueOf(from),
      to: valueOf(to) ?? false,
    })),
    problems: plan.problems,
  };
}

async function apply(
  streams: Streams,
  target: Target,
  step: TopologyStep,
  consent: readonly Consent[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const now = await stepOf(streams, target, consent, signal);
  // Somebody else, or this plan before it was stopped, has made it so already.
  if (now.change === 'none') return;
  if (JSON.stringify(now) !== JSON.stringify(step))
    throw refusal('conflict', `topic "${step.topic}" has changed since the plan. Make a new plan`);
  const ensure = (topic: Topic): Promise<unknown> =>
    streams.admin.ensure(topic, { consent, ...(signal === undefined ? {} : { signal }) });
  await (target.deadLettersOf === undefined ? ensure(target.declared) : prepareLetters(target.declared, ensure));
}

/** Throws for the first thing that prevents the change, and says how many more there are. */
function refuseProblems(steps: readonly TopologyStep[]): void {
  const [first, ...more] = steps.flatMap(({ problems }) => problems.filter(({ accepted }) => !accepted));
  if (first === undefined) return;
  const others = more.length === 0 ? '' : `. ${more.length} more: see the plan`;
  throw refusal(first.code, `${first.message}${others}. Nothing was changed`);
}

function valueOf(value: unknown): SettingChange['from'] {
  if (value === Infinity) return 'forever';
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function sentence(steps: readonly TopologyStep[]): string {
  const count = (change: TopologyStep['change']): number => steps.filter((step) => step.change === change).length;
  const parts = [
    [count('create'), 'creates'],
    [count('alter'), 'changes'],
  ].flatMap(([number, what]) => (number === 0 ? [] : [`${what} ${number} ${number === 1 ? 'topic' : 'topics'}`]));
  return parts.length === 0 ? 'does nothing: every topic is as declared' : parts.join(' and ');
}

function refusal(code: ErrorCode, message: string): StreamError {
  return new StreamError(code, message, { where: 'topology' });
}
