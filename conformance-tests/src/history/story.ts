import type { ErrorCode } from '@isostream/core/adapter';
import type { Call, Entry, NewEntry } from './entry.ts';

/** What an entry says beyond its id; the rest is told by where the story stands. */
export interface Details {
  readonly topic?: string;
  readonly group?: string;
  readonly member?: string;
  readonly assignment?: number;
  readonly partition?: string;
  readonly position?: number;
  readonly attempt?: number;
  readonly sender?: string;
  /** `null` for an event without a key; by default the id's own. */
  readonly key?: string | null;
}

/**
 * A history told by hand: one call an entry, a millisecond each. Ids are `<key>#<seq>`.
 * Everything happens on topic `t`, group `g`, member `m1` under assignment 1, partition `0`, unless a call says otherwise.
 */
export class Story {
  readonly #entries: Entry[] = [];
  readonly #ends = new Map<string, number>();
  readonly #places = new Map<string, { readonly partition: string; readonly position: number }>();
  #now = 0;

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Time goes by before the next entry. */
  wait(ms: number): this {
    this.#now += ms - 1;
    return this;
  }

  add(entry: NewEntry): this {
    this.#entries.push({ at: ++this.#now, ...entry });
    return this;
  }

  send(id: string, { topic = 't', sender = 'p1', key }: Details = {}): this {
    const [own, seq] = keyAndSeq(id);
    return this.add({ kind: 'send', topic, id, key: key === undefined ? own : key, seq, sender });
  }

  /** The answer to a send: stored at the end of its partition. */
  acknowledge(id: string, { topic = 't', partition = '0', position }: Details = {}): this {
    const lane = `${topic}/${partition}`;
    const place = { partition, position: position ?? this.#ends.get(lane) ?? 0 };
    this.#ends.set(lane, place.position + 1);
    this.#places.set(`${topic}/${id}`, place);
    return this.add({ kind: 'sent', topic, id, partition, position: String(place.position) });
  }

  /** Sent and acknowledged, one after the other. */
  sent(...ids: string[]): this {
    for (const id of ids) this.send(id).acknowledge(id);
    return this;
  }

  failed(id: string, outcome: 'not-written' | 'unknown' | undefined, topic = 't'): this {
    return this.add({ kind: 'send-failed', topic, id, code: 'unavailable', outcome });
  }

  deliver(id: string, details: Details = {}): this {
    return this.add({ kind: 'deliver', ...this.#call(id, details) });
  }

  settle(id: string, result: 'ok' | 'retry' | 'reject', details: Details = {}): this {
    return this.add({ kind: 'settle', result, ...this.#call(id, details) });
  }

  /** Delivered and settled well, one event after the other. */
  handled(...ids: string[]): this {
    return this.handledBy({}, ...ids);
  }

  handledBy(details: Details, ...ids: string[]): this {
    for (const id of ids) this.deliver(id, details).settle(id, 'ok', details);
    return this;
  }

  /** One attempt that failed. */
  tried(id: string, attempt: number): this {
    return this.deliver(id, { attempt }).settle(id, 'retry', { attempt });
  }

  dead(id: string, { topic = 't', group = 'g', attempt = 5 }: Details = {}): this {
    return this.add({ kind: 'dead', topic, group, id, attempts: attempt, code: 'handler-failed' });
  }

  commit(position: number, details: Details = {}): this {
    return this.add({ kind: 'commit', position: String(position), ...this.#ownership(details) });
  }

  /** What a replay found in the log, in this order. */
  stored(...ids: string[]): this {
    for (const id of ids) {
      const [key, seq] = keyAndSeq(id);
      this.add({ kind: 'stored', topic: 't', id, key, seq, partition: '0' });
    }
    return this;
  }

  /** `position`: how far it was to be stored. */
  commitFailed(code: ErrorCode, details: Details = {}): this {
    const asked = details.position === undefined ? {} : { position: String(details.position) };
    return this.add({ kind: 'commit-failed', code, ...asked, ...this.#ownership(details) });
  }

  /** The service was to be told of these events, and did not answer. */
  toldInVain(ids: readonly string[], details: Details = {}): this {
    const told = ids.map((id) => this.#call(id, details).position);
    return this.add({ kind: 'commit-failed', code: 'timeout', told, ...this.#ownership(details) });
  }

  /** The handler's signal was aborted. */
  aborted(id: string, code: string, details: Details = {}): this {
    return this.add({ kind: 'aborted', code, ...this.#call(id, details) });
  }

  /** The service was told that this event is settled. */
  told(id: string, details: Details = {}): this {
    const { position, ...ownership } = this.#call(id, details);
    const { topic, group, member, assignment, partition } = ownership;
    return this.add({ kind: 'told', topic, group, member, assignment, partition, position });
  }

  read(events: number, bytes: number, details: Details = {}): this {
    return this.add({ kind: 'read', events, bytes, ...this.#ownership(details) });
  }

  hands(kind: 'assign' | 'revoke' | 'lost', details: Details = {}): this {
    return this.add({ kind, ...this.#ownership(details) });
  }

  mark(name: string): this {
    return this.add({ kind: 'mark', name });
  }

  #ownership({ topic = 't', group = 'g', member = 'm1', assignment = 1, partition = '0' }: Details) {
    return { topic, group, member, assignment, partition };
  }

  #call(id: string, details: Details): Call {
    const [own, seq] = keyAndSeq(id);
    const { topic = 't', attempt = 1, key } = details;
    const place = this.#places.get(`${topic}/${id}`) ?? { partition: '0', position: 0 };
    const ownership = this.#ownership({ partition: place.partition, ...details });
    return {
      ...ownership,
      id,
      key: key === undefined ? own : key,
      seq,
      attempt,
      position: String(details.position ?? place.position),
    };
  }
}

export function story(): Story {
  return new Story();
}

export function keyAndSeq(id: string): readonly [key: string, seq: number] {
  const hash = id.lastIndexOf('#');
  return [id.slice(0, hash), Number(id.slice(hash + 1))];
}
