/** Stands between topic and group. Where one of them holds it, it is written otherwise there, so no two pairs share a name. */
const separator = '~';
const readerMark = `${separator}reader${separator}`;
/** The subscription that is a group, where nothing else is asked for. */
export const defaultSubscription: string = `{topic}${separator}{group}`;
const clockMark = `${separator}clock${separator}`;
/** What the service calls the topic of a subscription that outlived it. */
export const deletedTopic = '_deleted-topic_';

/** Full names of topics and subscriptions of one project. */
export class Names {
  readonly #project: string;
  readonly #template: string;

  /** `template`: what the subscription of a group is called, with `{topic}` and `{group}`. */
  constructor(projectId: string, template: string = defaultSubscription) {
    this.#project = `projects/${projectId}`;
    this.#template = template;
  }

  get project(): string {
    return this.#project;
  }

  topic(name: string): string {
    return `${this.#project}/topics/${name}`;
  }

  /** The subscription that is this group of this topic. */
  subscription(topic: string, group: string): string {
    const [before, after] = this.#around(topic);
    const part = this.#template === defaultSubscription ? escaped(group) : group;
    return `${this.#project}/subscriptions/${before}${part}${after}`;
  }

  /** The group that a subscription is; `undefined` for one that is none of ours. */
  groupOf(subscription: string, topic: string): string | undefined {
    const name = shortName(subscription);
    const [before, after] = this.#around(topic);
    const isOther = !name.startsWith(before) || !name.endsWith(after) || name.length <= before.length + after.length;
    if (isOther || name.includes(readerMark) || isClock(name)) return undefined;
    const part = name.slice(before.length, name.length - after.length);
    return this.#template === defaultSubscription ? unescaped(part) : part;
  }

  /** What stands before and behind the group. A template of the user's names subscriptions that are there: nothing is written otherwise. */
  #around(topic: string): readonly [before: string, after: string] {
    const name = this.#template === defaultSubscription ? escaped(topic) : topic;
    const [before = '', after = ''] = this.#template.split('{group}');
    return [before.replaceAll('{topic}', name), after.replaceAll('{topic}', name)];
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
    return `${this.#project}/subscriptions/${escaped(topic)}${readerMark}${id}`;
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

/** What the service does not take in a name, and what has a meaning in ours, as `%` and the hexadecimal digits of its bytes. */
function escaped(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._+-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** `undefined` for what was not written so. */
function unescaped(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text);
    return escaped(plain) === text ? plain : undefined;
  } catch {
    return undefined;
  }
}
