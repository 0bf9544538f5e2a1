/** What the service says when it cannot do what it is asked. */
export class ServiceError extends Error {
  readonly reason: 'no-such-topic' | 'topic-exists' | 'no-such-partition';

  constructor(reason: ServiceError['reason'], what: string) {
    super(`${what}: ${reason}`);
    this.reason = reason;
  }
}

export interface ServiceRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[];
}

export interface StoredRecord extends ServiceRecord {
  readonly offset: number;
  readonly storedMs: number;
}

export interface ServiceTopic {
  /** Another one when a topic of the name is created again. */
  readonly id: string;
  readonly name: string;
  readonly partitions: number;
  /** Whatever its user wants to keep with it. */
  readonly attributes: Readonly<Record<string, number>>;
}

export interface Row {
  readonly key: string;
  readonly value: string;
  readonly version: number;
}

interface Log {
  /** The offset of the first record that is kept. */
  readonly start: number;
  readonly records: readonly StoredRecord[];
}

const services = new Map<string, Service>();

/**
 * A stand-in for the client of your service, so that the suite passes before you begin: topics with partitions, and a table with
 * conditional writes. Everything lives in this process. Replace each method by a call of your service, one after the other.
 */
export class Service {
  readonly #topics = new Map<string, ServiceTopic>();
  readonly #logs = new Map<string, Log[]>();
  readonly #rows = new Map<string, Row>();
  #ids = 0;

  /** Clients of one address meet the same service. */
  static at(url: string): Service {
    const service = services.get(url) ?? new Service();
    services.set(url, service);
    return service;
  }

  async ping(): Promise<void> {}

  // Topics

  async topics(): Promise<readonly string[]> {
    return [...this.#topics.keys()];
  }

  async findTopic(name: string): Promise<ServiceTopic | undefined> {
    return this.#topics.get(name);
  }

  async createTopic(name: string, partitions: number, attributes: ServiceTopic['attributes']): Promise<void> {
    if (this.#topics.has(name)) throw new ServiceError('topic-exists', name);
    const id = String(++this.#ids);
    this.#topics.set(name, { id, name, partitions, attributes });
    this.#logs.set(
      id,
      Array.from({ length: partitions }, () => ({ start: 0, records: [] })),
    );
  }

  async setAttributes(name: string, attributes: ServiceTopic['attributes']): Promise<void> {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new ServiceError('no-such-topic', name);
    this.#topics.set(name, { ...topic, attributes: { ...topic.attributes, ...attributes } });
  }

  async deleteTopic(name: string): Promise<void> {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new ServiceError('no-such-topic', name);
    this.#topics.delete(name);
    this.#logs.delete(topic.id);
  }

  // Records

  /** Stores all of them or none. Returns the offset of the first. */
  async append(topic: string, partition: number, records: readonly ServiceRecord[]): Promise<number> {
    const log = this.#log(topic, partition);
    const first = log.start + log.records.length;
    const storedMs = Date.now();
    const stored = records.map((record, index) => ({ ...record, offset: first + index, storedMs }));
    this.#logs.get(topic)?.splice(partition, 1, { ...log, records: [...log.records, ...stored] });
    return first;
  }

  /** Records from an offset on, or from the first that is kept behind it; `start` is the offset of the first that is kept. */
  async fetch(topic: string, partition: number, from: number, most: number): Promise<Log> {
    const { start, records } = this.#log(topic, partition);
    const first = Math.max(0, from - start);
    return { start, records: records.slice(first, first + most) };
  }

  /** The offset behind the last record. */
  async end(topic: string, partition: number): Promise<number> {
    const { start, records } = this.#log(topic, partition);
    return start + records.length;
  }

  /** The offset of the first record that was stored at or after a time; the end where there is none. */
  async offsetAt(topic: string, partition: number, ms: number): Promise<number> {
    const { records } = this.#log(topic, partition);
    return records.find(({ storedMs }) => storedMs >= ms)?.offset ?? this.end(topic, partition);
  }

  #log(topic: string, partition: number): Log {
    const logs = this.#logs.get(topic);
    if (logs === undefined) throw new ServiceError('no-such-topic', topic);
    const log = logs[partition];
    if (log === undefined) throw new ServiceError('no-such-partition', `${topic}/${partition}`);
    return log;
  }

  // A table with conditional writes, as most services or a database beside them have one

  async rows(prefix: string): Promise<readonly Row[]> {
    return [...this.#rows.values()].filter(({ key }) => key.startsWith(prefix));
  }

  async row(key: string): Promise<Row | undefined> {
    return this.#rows.get(key);
  }

  /** Writes a row if its version is still this one, or if there is none where `version` is `undefined`; else `false`, without effect. */
  async putRow(key: string, value: string, version: number | undefined): Promise<boolean> {
    const found = this.#rows.get(key);
    if (found?.version !== version) return false;
    this.#rows.set(key, { key, value, version: (version ?? 0) + 1 });
    return true;
  }

  async deleteRow(key: string, version: number): Promise<boolean> {
    return this.#rows.get(key)?.version === version && this.#rows.delete(key);
  }
}
