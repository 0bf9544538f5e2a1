import {
  type Admin,
  type EncodedEvent,
  openLetter,
  sizeOf,
  type StoredEvent,
  StreamError,
  type TopicSettings,
  type Written,
} from '@isostream/core/adapter';
import type { Turmoil } from './turmoil.ts';
import { SimulatedGroup } from './group.ts';
import type { Process } from './process.ts';

/** What is stored in one partition, in order. */
export class SimulatedLog {
  readonly events: StoredEvent[] = [];
  /** The first position that retention has not removed. */
  start = 0;
  readonly #waiting = new Set<() => void>();

  get end(): number {
    return this.events.length;
  }

  append(event: StoredEvent): void {
    this.events.push(event);
    for (const wake of [...this.#waiting]) wake();
  }

  /** Calls once something is appended, unless it is called off before. */
  onAppend(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}

/** Stands for the letter of an event that retention removed. */
export const expiredCode = 'position-expired';

/** The service that all processes share: topics, their partitions, and one group. */
export class SimulatedService {
  readonly turmoil: Turmoil;
  readonly topic: string;
  readonly group: SimulatedGroup;
  /** How often partitions moved to another route. */
  routesMoved: number = 0;
  readonly #topics = new Map<string, { readonly logs: readonly SimulatedLog[]; readonly settings: TopicSettings }>();

  constructor(turmoil: Turmoil, topic: string, groupName: string, partitions: number, sessionMs: number) {
    this.turmoil = turmoil;
    this.topic = topic;
    this.create(topic, { partitions });
    const names = this.logs(topic).map((_, index) => String(index));
    this.group = new SimulatedGroup({ turmoil, topic, name: groupName, partitions: names, sessionMs });
  }

  logs(topic: string): readonly SimulatedLog[] {
    return this.#topics.get(topic)?.logs ?? [];
  }

  log(topic: string, partition: string): SimulatedLog {
    const log = this.logs(topic)[Number(partition)];
    if (log === undefined)
      throw new StreamError('internal', `no partition ${partition} of ${topic}`, { where: 'simulation' });
    return log;
  }

  create(topic: string, settings: TopicSettings): void {
    if (this.#topics.has(topic)) throw new StreamError('conflict', `topic ${topic} exists`, { where: 'simulation' });
    const logs = Array.from({ length: settings.partitions ?? 1 }, () => new SimulatedLog());
    this.#topics.set(topic, { logs, settings });
  }

  store(topic: string, partition: string, event: EncodedEvent, from: Process): Written {
    const log = this.log(topic, partition);
    const position = String(log.end);
    const { recorder, clock } = this.turmoil;
    if (topic === this.topic) {
      const id = event.headers.find(([name]) => name === 'ce_id')?.[1];
      const key = typeof event.key === 'string' ? event.key : null;
      recorder.stored(`${partition}/${position}`, { id: String(id), key, bytes: sizeOf(event) });
    } else this.#recordLetter(event, from);
    log.append({ ...event, partition, position, timestamp: clock.now() });
    return { partition, position };
  }

  /** Retention removes so many events that the group has not committed, and all before them; never the newest one. */
  trim(partition: string, events: number): boolean {
    const log = this.log(this.topic, partition);
    const committed = this.group.position(partition);
    const start = Math.min(log.end - 1, Math.max(log.start, committed) + events);
    if (start <= Math.max(log.start, committed)) return false;
    log.start = start;
    return true;
  }

  /** A person moves the group past everything that retention removed. */
  passGaps(): void {
    for (const [index, log] of this.logs(this.topic).entries()) {
      const partition = String(index);
      const from = this.group.position(partition);
      if (from >= log.start) continue;
      this.expired(partition, from, log.start, 'watermark');
      this.group.moveTo(partition, log.start);
    }
  }

  /** What a member cannot read any more is settled by that. */
  expired(partition: string, from: number, to: number, settlement: 'watermark' | 'individual'): void {
    const { recorder } = this.turmoil;
    for (let position = from; position < to; position++) {
      if (settlement === 'individual') {
        if (this.group.isSettled(partition, position)) continue;
        this.group.passOver(partition, position);
      }
      const place = `${partition}/${position}`;
      const id = recorder.idAt(place);
      recorder.record({ kind: 'dead', topic: this.topic, group: this.group.name, id, attempts: 0, code: expiredCode });
      recorder.mark(`dead ${place}`);
    }
  }

  /** A letter settles its event, if its writer still owned the partition: to others it is one more letter. */
  #recordLetter(event: EncodedEvent, from: Process): void {
    const letter = openLetter({ ...event, partition: '', position: '', timestamp: 0 });
    const { recorder } = this.turmoil;
    if (letter === undefined) return recorder.breach('something that is not a letter lies in the dead-letter topic');
    const { origin, attempts, error, group } = letter;
    const place = `${origin.partition}/${origin.position}`;
    if (this.group.ownerOf(origin.partition) !== from) return recorder.mark(`letter of a former owner ${place}`);
    recorder.record({ kind: 'dead', topic: origin.topic, group, id: recorder.idAt(place), attempts, code: error.code });
    recorder.mark(`dead ${place}`);
  }

  /** Every event of the topic lies below the group's position. */
  get isConsumed(): boolean {
    return this.logs(this.topic).every((log, index) => this.group.position(String(index)) >= log.end);
  }

  admin(process: Process): Admin {
    const refused = (): Promise<never> =>
      Promise.reject(
        new StreamError('unsupported', 'the simulation does not administrate this', { where: 'simulation' }),
      );
    return {
      listTopics: refused,
      alterTopic: refused,
      deleteTopic: refused,
      listGroups: refused,
      listAllGroups: refused,
      listMembers: refused,
      lag: refused,
      wrongPositions: refused,
      resetGroup: refused,
      deleteGroup: refused,
      describeTopic: async (name) => {
        await this.turmoil.pass(process);
        const topic = this.#topics.get(name);
        if (topic === undefined) return undefined;
        return { ...topic.settings, name, partitionNames: topic.logs.map((_, index) => String(index)) };
      },
      createTopic: async (name, settings) => {
        await this.turmoil.pass(process);
        this.create(name, settings);
      },
    };
  }
}
