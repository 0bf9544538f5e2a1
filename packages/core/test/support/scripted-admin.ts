import type { Adapter } from '../../src/contract/adapter.ts';
import type {
  Admin,
  GroupMember,
  PartitionLag,
  TopicDescription,
  TopicGroup,
  TopicSettings,
  WrongPosition,
} from '../../src/contract/admin.ts';
import type { Capabilities } from '../../src/contract/capabilities.ts';
import { capabilities } from './capabilities.ts';

/** One topic, or none, and what was asked of it. */
export class ScriptedAdmin implements Admin {
  readonly calls: string[] = [];
  topic: TopicDescription | undefined;
  wrong: readonly WrongPosition[] = [];
  onCreate: () => void = () => undefined;

  constructor(topic?: TopicDescription) {
    this.topic = topic;
  }

  async listTopics(): Promise<readonly string[]> {
    return this.topic === undefined ? [] : [this.topic.name];
  }

  async describeTopic(name: string): Promise<TopicDescription | undefined> {
    this.calls.push(`describe ${name}`);
    return this.topic;
  }

  async createTopic(name: string, settings: TopicSettings): Promise<void> {
    this.calls.push(`create ${name} ${JSON.stringify(settings)}`);
    this.onCreate();
  }

  async alterTopic(name: string, settings: TopicSettings): Promise<void> {
    this.calls.push(`alter ${name} ${JSON.stringify(settings)}`);
  }

  async deleteTopic(name: string): Promise<void> {
    this.calls.push(`delete ${name}`);
  }

  async wrongPositions(): Promise<readonly WrongPosition[]> {
    return this.wrong;
  }

  async listGroups(): Promise<readonly string[]> {
    return [];
  }

  async listAllGroups(): Promise<readonly TopicGroup[]> {
    return [];
  }

  async listMembers(): Promise<readonly GroupMember[]> {
    return [];
  }

  async lag(): Promise<readonly PartitionLag[]> {
    return [];
  }

  async resetGroup(topic: string, group: string): Promise<void> {
    this.calls.push(`reset ${group} of ${topic}`);
  }

  async deleteGroup(topic: string, group: string): Promise<void> {
    this.calls.push(`delete ${group} of ${topic}`);
  }
}

/** An adapter of which only the administration may be used. */
export function scriptedAdapter(admin: Admin, provider: Capabilities = capabilities()): Adapter {
  const unused = (): never => {
    throw new Error('only the administration is scripted');
  };
  return {
    name: 'scripted',
    capabilities: provider,
    admin,
    createSink: unused,
    createSource: unused,
    openRange: unused,
    connect: unused,
    close: unused,
  };
}
