/** Stands between topic and group: neither can hold it, so no two pairs share a name. */
const separator = '~';
const clockMark = `${separator}clock${separator}`;
/** What the service calls the topic of a subscription that outlived it. */
export const deletedTopic = '_deleted-topic_';

/** Full names of topics and subscriptions of one project. */
export class Names {
  readonly #project: string;

  constructor(projectId: string) {
    this.#project = `projects/${projectId}`;
  }

  get project(): string {
    return this.#project;
  }

  topic(name: string): string {
    return `${this.#project}/topics/${name}`;
  }

  /** The subscription that is this group of this topic. */
  subscription(topic: string, group: string): string {
    return `${this.#project}/subscriptions/${topic}${separator}${group}`;
  }

  /** What is there for a moment, to learn an emulator's time. */
  clock(id: string): { readonly topic: string; readonly subscription: string; readonly snapshot: string } {
    const name = `isostream${clockMark}${id}`;
    return {
      topic: this.topic(name),
      subscription: `${this.#project}/subscriptions/${name}`,
      snapshot: `${this.#project}/snapshots/${name}`,
    };
  }

  /** A subscription of one read alone. No group can have this name. */
  reader(topic: string, id: string): string {
    return this.subscription(topic, `reader${separator}${id}`);
  }
}

/** It is one of {@link Names.clock}, and no topic of anybody. */
export function isClock(fullName: string): boolean {
  return fullName.includes(clockMark);
}

/** The last part of a full name. */
export function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('/') + 1);
}

/** The group that a subscription is; `undefined` for one that is none of ours. */
export function groupOf(subscription: string, topic: string): string | undefined {
  const [name, group, ...more] = shortName(subscription).split(separator);
  return name === topic && more.length === 0 ? group : undefined;
}
