import { entityNotFound, partitionNotFound, ServiceError } from '../service-error.ts';
import { PartitionLog } from './partition-log.ts';
import { partitionOfKey } from './key-hash.ts';

export interface HubOptions {
  /** Default 4. */
  readonly partitions?: number;
  /** Besides `$Default`, which every hub has. */
  readonly consumerGroups?: readonly string[];
  /** Default one day. */
  readonly retentionMs?: number;
  /** Text that the service keeps and does not read. */
  readonly userMetadata?: string;
}

export interface HubDescription {
  readonly name: string;
  readonly partitions: number;
  readonly consumerGroups: readonly string[];
  readonly retentionMs: number;
  readonly userMetadata: string;
  readonly createdMs: number;
}

export interface Limits {
  readonly partitions: number;
  readonly consumerGroups: number;
  readonly retentionMs: number;
}

const defaultGroup = '$Default';

export class Hub {
  readonly name: string;
  readonly createdMs: number;
  retentionMs: number;
  userMetadata: string;
  readonly #partitions: PartitionLog[];
  /** By lower-case name. */
  readonly #groups = new Map<string, string>();
  #next = 0;

  constructor(name: string, settings: HubOptions, createdMs: number) {
    this.name = name;
    this.createdMs = createdMs;
    this.retentionMs = settings.retentionMs ?? 86_400_000;
    this.userMetadata = settings.userMetadata ?? '';
    this.#partitions = Array.from({ length: settings.partitions ?? 4 }, (_, index) => new PartitionLog(String(index)));
    for (const group of [defaultGroup, ...(settings.consumerGroups ?? [])]) this.addGroup(group);
  }

  get partitions(): readonly PartitionLog[] {
    return this.#partitions;
  }

  get groups(): readonly string[] {
    return [...this.#groups.values()];
  }

  addGroup(name: string): void {
    this.#groups.set(name.toLowerCase(), name);
  }

  removeGroup(name: string): boolean {
    return this.#groups.delete(name.toLowerCase());
  }

  hasGroup(name: string): boolean {
    return this.#groups.has(name.toLowerCase());
  }

  /** Throws {@link ServiceError} where there is none. */
  partition(id: string): PartitionLog {
    const partition = this.#partitions.find((candidate) => candidate.id === id);
    if (partition === undefined) throw partitionNotFound(this.name, id, this.#partitions.length);
    return partition;
  }

  /** Where the service stores what names no partition: by its key, else in turn. */
  route(key: string | undefined): PartitionLog {
    const count = this.#partitions.length;
    const index = key === undefined ? this.#next++ % count : partitionOfKey(key, count);
    return this.partition(String(index));
  }

  describe(): HubDescription {
    return {
      name: this.name,
      partitions: this.#partitions.length,
      consumerGroups: this.groups,
      retentionMs: this.retentionMs,
      userMetadata: this.userMetadata,
      createdMs: this.createdMs,
    };
  }

  grow(partitions: number): void {
    for (let index = this.#partitions.length; index < partitions; index += 1)
      this.#partitions.push(new PartitionLog(String(index)));
  }
}

/** The hubs of one namespace; names are found whatever their case. */
export class Namespace {
  readonly #hubs = new Map<string, Hub>();
  readonly #now: () => number;
  readonly #limits: Limits;

  constructor(limits: Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  get hubs(): readonly Hub[] {
    return [...this.#hubs.values()];
  }

  find(name: string): Hub | undefined {
    return this.#hubs.get(name.toLowerCase());
  }

  /** Throws {@link ServiceError} where there is none. */
  hub(name: string): Hub {
    const hub = this.find(name);
    if (hub === undefined) throw entityNotFound(name);
    return hub;
  }

  create(name: string, settings: HubOptions, nowMs: number): Hub {
    if (!/^[A-Za-z0-9](?:[\w.-]{0,254}[A-Za-z0-9])?$/.test(name))
      throw new ServiceError(
        'com.microsoft:argument-error',
        `The name '${name}' is not valid: letters, digits, '.', '-' and '_', at most 256, with a letter or a digit at both ends.`,
      );
    if (this.find(name) !== undefined) throw new ServiceError('amqp:conflict', `The hub '${name}' exists already.`);
    const { partitions = 4, consumerGroups = [], retentionMs } = settings;
    within('partitions', partitions, 1, this.#limits.partitions);
    within('consumer groups', consumerGroups.length, 0, this.#limits.consumerGroups);
    if (retentionMs !== undefined) this.#checkRetention(retentionMs);
    const hub = new Hub(name, settings, nowMs);
    this.#hubs.set(name.toLowerCase(), hub);
    return hub;
  }

  /** Changes what is given. Partitions can grow only. */
  alter(name: string, settings: Omit<HubOptions, 'consumerGroups'>): Hub {
    const hub = this.hub(name);
    const { partitions, retentionMs, userMetadata } = settings;
    if (partitions !== undefined) within('partitions', partitions, hub.partitions.length, this.#limits.partitions);
    if (retentionMs !== undefined) this.#checkRetention(retentionMs);
    if (partitions !== undefined) hub.grow(partitions);
    if (retentionMs !== undefined) hub.retentionMs = retentionMs;
    if (userMetadata !== undefined) hub.userMetadata = userMetadata;
    return hub;
  }

  delete(name: string): Hub {
    const hub = this.hub(name);
    this.#hubs.delete(name.toLowerCase());
    return hub;
  }

  addGroup(hub: string, group: string): void {
    const found = this.hub(hub);
    if (found.hasGroup(group)) throw new ServiceError('amqp:conflict', `The consumer group '${group}' exists already.`);
    within('consumer groups', found.groups.length, 0, this.#limits.consumerGroups);
    found.addGroup(group);
  }

  removeGroup(hub: string, group: string): void {
    if (!this.hub(hub).removeGroup(group)) throw entityNotFound(`${hub}/ConsumerGroups/${group}`);
  }

  /** Lets go of what is older than its hub's retention. */
  expire(): void {
    for (const hub of this.#hubs.values())
      for (const partition of hub.partitions) partition.expireBefore(this.#now() - hub.retentionMs);
  }

  #checkRetention(ms: number): void {
    within('milliseconds of retention', ms, 1, this.#limits.retentionMs);
  }
}

function within(what: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw new ServiceError('com.microsoft:argument-out-of-range', `${value} ${what}: it must be ${low} to ${high}.`);
}
