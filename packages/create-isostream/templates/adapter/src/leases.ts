import type { Lease, LeaseStore } from '@isostream/coordination';
import { asked } from './errors.js';
import type { Row, Service } from './service.js';

/** The leases of one group on one topic, in rows of the service's table. Retries nothing: the coordinator does. */
export class ExampleLeases implements LeaseStore {
  readonly #service: Service;
  readonly #topic: string;
  readonly #group: string;

  constructor(service: Service, topic: string, group: string) {
    this.#service = service;
    this.#topic = topic;
    this.#group = group;
  }

  async list(): Promise<readonly Lease[]> {
    const rows = await asked('leases', () => this.#service.rows(beginningOf(this.#topic, this.#group)));
    return rows.map(leaseOf);
  }

  async read(partition: string): Promise<Lease | undefined> {
    const row = await asked('leases', () => this.#service.row(this.#key(partition)));
    return row === undefined ? undefined : leaseOf(row);
  }

  create(lease: Lease): Promise<boolean> {
    return this.#write(lease, undefined);
  }

  async replace(next: Lease, counter: number): Promise<boolean> {
    const row = await asked('leases', () => this.#service.row(this.#key(next.partition)));
    // Read and then written under a condition: whoever comes between makes the write fail.
    return row !== undefined && leaseOf(row).counter === counter && this.#write(next, row.version);
  }

  async delete(partition: string, counter: number): Promise<boolean> {
    const row = await asked('leases', () => this.#service.row(this.#key(partition)));
    if (row === undefined || leaseOf(row).counter !== counter) return false;
    return asked('leases', () => this.#service.deleteRow(row.key, row.version));
  }

  #write(lease: Lease, version: number | undefined): Promise<boolean> {
    return asked('leases', () => this.#service.putRow(this.#key(lease.partition), JSON.stringify(lease), version));
  }

  #key(partition: string): string {
    return keyOf(this.#topic, this.#group, partition);
  }
}

/** The groups that have leases on a topic. */
export async function groupsOf(service: Service, topic: string): Promise<readonly string[]> {
  const rows = await asked('groups', () => service.rows(beginningOf(topic)));
  return [...new Set(rows.map(({ key }) => partsOf(key)[1] ?? ''))].sort();
}

/** As JSON, so that no name can look like two. */
function keyOf(topic: string, group: string, partition: string): string {
  return JSON.stringify([topic, group, partition]);
}

/** What the keys of all rows of a topic, or of a group on it, begin with. */
function beginningOf(...parts: readonly string[]): string {
  return `${JSON.stringify(parts).slice(0, -1)},`;
}

function partsOf(key: string): readonly string[] {
  return JSON.parse(key) as readonly string[];
}

function leaseOf({ value }: Row): Lease {
  // JSON has no `undefined`.
  const { owner, askedBy, ...rest } = JSON.parse(value) as Lease;
  return { ...rest, owner, askedBy };
}
