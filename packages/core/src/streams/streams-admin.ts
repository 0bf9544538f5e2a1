import type { Adapter } from '../contract/adapter.ts';
import type { Admin, GroupMember, PartitionLag, TopicDescription, TopicGroup } from '../contract/admin.ts';
import type { Capabilities } from '../contract/capabilities.ts';
import { checkTopic, type Topic } from '../model/define-topic.ts';
import type { Position } from '../model/encoded.ts';
import { checkPlace, checkPositions, startingAt } from './places.ts';
import { checkCall } from '../options/checks.ts';
import { checkConsent, checkGroup } from './check-options.ts';
import { unsupported } from './supported.ts';
import { ensureTopic, planTopic, validateTopic } from './topology.ts';
import type { Consent, StreamsAdmin, TopologyChange, TopologyPlan } from './types.ts';

type Signalled = { readonly signal?: AbortSignal };

/** Topics and groups by declaration: what would lose order or events is refused here, for every provider alike. */
export class TopicAdmin implements StreamsAdmin {
  readonly #adapter: Adapter;
  readonly #consent: readonly Consent[];
  readonly #checkOpen: () => void;

  constructor(adapter: Adapter, consent: readonly Consent[], checkOpen: () => void) {
    this.#adapter = adapter;
    this.#consent = consent;
    this.#checkOpen = checkOpen;
  }

  /** Throws `closed` behind the client's close. */
  get #admin(): Admin {
    this.#checkOpen();
    return this.#adapter.admin;
  }

  async plan(topic: Topic, options: Signalled & { readonly consent?: readonly Consent[] } = {}): Promise<TopologyPlan> {
    this.#checkOpen();
    checkTopic(topic, where);
    checkCall(options, ['consent'], where);
    checkConsent(options.consent ?? []);
    return planTopic(this.#adapter, topic, [...this.#consent, ...(options.consent ?? [])], options.signal);
  }

  async ensure(
    topic: Topic,
    options: Signalled & { readonly consent?: readonly Consent[] } = {},
  ): Promise<TopologyChange> {
    this.#checkOpen();
    checkTopic(topic, where);
    checkCall(options, ['consent'], where);
    checkConsent(options.consent ?? []);
    return ensureTopic(this.#adapter, topic, [...this.#consent, ...(options.consent ?? [])], options.signal);
  }

  async validate(topic: Topic, options: Signalled = {}): Promise<void> {
    this.#checkOpen();
    checkTopic(topic, where);
    checkCall(options, [], where);
    return validateTopic(this.#adapter, topic, options.signal);
  }

  async describe(topic: Topic | string, options: Signalled = {}): Promise<TopicDescription | undefined> {
    checkCall(options, [], where);
    return this.#admin.describeTopic(nameOf(topic), options.signal);
  }

  async topics(options: Signalled = {}): Promise<readonly string[]> {
    checkCall(options, [], where);
    return this.#admin.listTopics(options.signal);
  }

  async groups(topic: Topic | string, options: Signalled = {}): Promise<readonly string[]> {
    checkCall(options, [], where);
    return this.#admin.listGroups(nameOf(topic), options.signal);
  }

  async allGroups(options: Signalled = {}): Promise<readonly TopicGroup[]> {
    checkCall(options, [], where);
    return this.#admin.listAllGroups(options.signal);
  }

  async members(topic: Topic | string, group: string, options: Signalled = {}): Promise<readonly GroupMember[]> {
    checkCall(options, [], where);
    checkGroup(group, where);
    const { name, capabilities } = this.#adapter;
    if (!capabilities.members) throw unsupported(name, 'does not tell who the members of a group are');
    return this.#admin.listMembers(nameOf(topic), group, options.signal);
  }

  async lag(topic: Topic | string, group: string, options: Signalled = {}): Promise<readonly PartitionLag[]> {
    checkCall(options, [], where);
    checkGroup(group, where);
    const { name, capabilities } = this.#adapter;
    if (!capabilities.lag.events && !capabilities.lag.time)
      throw unsupported(
        name,
        `does not tell how far a group is behind. ${elsewhere(capabilities, nameOf(topic), group)}`,
      );
    return this.#admin.lag(nameOf(topic), group, options.signal);
  }

  async reset(
    topic: Topic | string,
    group: string,
    to: 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>,
    options: Signalled = {},
  ): Promise<void> {
    checkCall(options, [], where);
    checkGroup(group, where);
    const { name, capabilities } = this.#adapter;
    if (!capabilities.resetGroup)
      throw unsupported(name, 'cannot set the position of a group. Use a new group, or a replay');
    checkPlace('to', to, where);
    const place = startingAt(to);
    if (place instanceof Date && !capabilities.startAtTimestamp)
      throw unsupported(name, 'cannot find a position by time');
    if (typeof place !== 'string' && !(place instanceof Date))
      await checkPositions(this.#adapter, nameOf(topic), place, options.signal);
    await this.#admin.resetGroup(nameOf(topic), group, place, options.signal);
  }

  async deleteGroup(topic: Topic | string, group: string, options: Signalled = {}): Promise<void> {
    checkCall(options, [], where);
    checkGroup(group, where);
    return this.#admin.deleteGroup(nameOf(topic), group, options.signal);
  }

  async delete(topic: Topic | string, options: Signalled = {}): Promise<void> {
    checkCall(options, [], where);
    return this.#admin.deleteTopic(nameOf(topic), options.signal);
  }
}

const where = 'admin';

/** Where lag is to be seen that is not told here. */
function elsewhere({ lag }: Capabilities, topic: string, group: string): string {
  if (lag.elsewhere === undefined) return 'Ask the tools of the service';
  return `See ${lag.elsewhere.replaceAll('{topic}', topic).replaceAll('{group}', group)}`;
}

function nameOf(topic: Topic | string): string {
  if (typeof topic === 'string' && topic !== '') return topic;
  checkTopic(topic, where);
  return typeof topic === 'string' ? topic : topic.name;
}
