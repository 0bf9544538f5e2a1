import { randomBytes } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { Duplex } from 'node:stream';
import { Acceptor } from './amqp/acceptor.ts';
import { type AttachedFilter, matches } from './amqp/attached.ts';
import type { Broker } from './amqp/broker.ts';
import { Listener } from './amqp/listener.ts';
import { Owners } from './amqp/owners.ts';
import { connectionStringOf, defaultKeyName, tlsConnectionStringOf } from './connection-string.ts';
import { answerControls } from './control/answer-controls.ts';
import { HttpServer } from './control/http-server.ts';
import { answerResourceManager } from './control/resource-manager.ts';
import { type WriteFaultPlan, WriteFaults } from './faults.ts';
import type { EventHubsServerOptions } from './options.ts';
import { entityNotFound, ServiceError } from './service-error.ts';
import { Throughput, type ThroughputLimit } from './throughput.ts';
import { applyChange, type Change } from './store/changes.ts';
import { Journal } from './store/journal.ts';
import { type HubDescription, type HubOptions, Namespace } from './store/namespace.ts';
import { plainOffsets, replicatedOffsets } from './store/offsets.ts';
import type { StoredEvent } from './store/stored-event.ts';

export interface PartitionDescription {
  /** Of the oldest event kept, or of the next one to be stored. */
  readonly beginSequence: number;
  /** -1 while nothing was ever stored. */
  readonly lastSequence: number;
  readonly isEmpty: boolean;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIPv4(host) && host.startsWith('127.'));
}

/** An Event Hubs namespace in this process, for the clients of the real one. */
export class EventHubsServer implements AsyncDisposable {
  readonly #options: EventHubsServerOptions;
  readonly #keys: Readonly<Record<string, string>>;
  readonly #now: () => number;
  readonly #namespace: Namespace;
  readonly #faults = new WriteFaults();
  readonly #throughput = new Throughput(() => performance.now());
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #broker: Broker;
  readonly #journal: Journal | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #serving: { readonly acceptor: Acceptor; readonly listeners: readonly Listener[] } | undefined;
  #control: HttpServer | undefined;
  #port: number;
  #tlsPort: number;
  #controlPort: number;

  /** Throws RangeError for a host that other machines could reach. */
  constructor(options: EventHubsServerOptions = {}) {
    this.#options = options;
    if (options.host !== undefined && !isLoopback(options.host))
      throw new RangeError(
        `host is ${JSON.stringify(options.host)}. The Event Hubs emulator serves this machine only, because every client that reaches it has full access: give 127.0.0.1 or localhost`,
      );
    this.#port = options.port ?? 0;
    this.#tlsPort = options.tlsPort ?? 0;
    this.#controlPort = options.controlPort ?? 0;
    this.#keys = options.keys ?? { [defaultKeyName]: randomBytes(32).toString('base64') };
    this.#now = options.now ?? Date.now;
    this.#namespace = new Namespace(
      {
        partitions: options.maxPartitions ?? 32,
        consumerGroups: options.maxConsumerGroups ?? 20,
        retentionMs: options.maxRetentionMs ?? 90 * 86_400_000,
      },
      this.#now,
    );
    const { journal } = options;
    if (journal !== undefined) this.#journal = Journal.open(journal, (change) => applyChange(this.#namespace, change));
    for (const [name, settings] of Object.entries(options.hubs ?? {}))
      if (this.#namespace.find(name) === undefined) this.createHub(name, settings);
    this.#broker = this.#createBroker();
  }

  get port(): number {
    return this.#port;
  }

  get host(): string {
    return this.#options.host ?? '127.0.0.1';
  }

  /** For `new EventHubProducerClient(connectionString, hub)` and its siblings. */
  get connectionString(): string {
    return connectionStringOf(this.host, this.#port, this.#keys);
  }

  /** For clients that are told a certificate to trust: over TLS, as the service is reached; so are WebSockets. */
  get tlsConnectionString(): string {
    return tlsConnectionStringOf('localhost', this.#tlsPort, this.#keys);
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#serving?.acceptor.connections ?? 0;
  }

  /** For `connectEventHubsControls` and, as Azure Resource Manager's endpoint, for hubs and consumer groups. */
  get controlUrl(): string {
    return `http://${this.host}:${this.#controlPort}`;
  }

  /** Serves; again after {@link EventHubsServer.stop}, on the same port and with everything that was stored. */
  async start(): Promise<void> {
    this.#control ??= await this.#openControl();
    if (this.#serving !== undefined) return;
    this.#sweep ??= setInterval(() => this.expire(), 1_000).unref();
    const acceptor = new Acceptor(this.#broker);
    const accept = (stream: Duplex): void => acceptor.accept(stream);
    const { host } = this;
    const { tls } = this.#options;
    const plain = await Listener.open({ port: this.#port, host }, accept);
    this.#port = plain.port;
    const secure = tls === undefined ? undefined : await Listener.open({ port: this.#tlsPort, host, tls }, accept);
    this.#tlsPort = secure?.port ?? 0;
    this.#serving = { acceptor, listeners: secure === undefined ? [plain] : [plain, secure] };
  }

  /** Breaks every connection and closes the port. What is stored stays, and so do the controls. */
  async stop(): Promise<void> {
    const serving = this.#serving;
    this.#serving = undefined;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    serving?.acceptor.dropAll();
    await Promise.all((serving?.listeners ?? []).map((listener) => listener.close()));
  }

  /** {@link EventHubsServer.stop} permanently, and the controls of other processes with it. */
  async close(): Promise<void> {
    const control = this.#control;
    this.#control = undefined;
    await this.stop();
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    await control?.close();
    this.#journal?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  listHubs(): HubDescription[] {
    return this.#namespace.hubs.map((hub) => hub.describe());
  }

  findHub(name: string): HubDescription | undefined {
    return this.#namespace.find(name)?.describe();
  }

  /** Throws {@link ServiceError}: `amqp:conflict` where it exists. */
  createHub(name: string, settings: HubOptions = {}): HubDescription {
    this.#change({ kind: 'create', hub: name, settings, nowMs: this.#now() });
    return this.#namespace.hub(name).describe();
  }

  /** Changes what is given; partitions can grow only. Throws {@link ServiceError}. */
  alterHub(name: string, settings: Omit<HubOptions, 'consumerGroups'>): HubDescription {
    this.#change({ kind: 'alter', hub: name, settings });
    return this.#namespace.hub(name).describe();
  }

  /** Its links are detached. Throws {@link ServiceError}. */
  deleteHub(name: string): void {
    this.#change({ kind: 'delete', hub: name });
    this.#detach({ hub: name }, entityNotFound(name));
  }

  /** Throws {@link ServiceError}. */
  createGroup(hub: string, group: string): void {
    this.#change({ kind: 'create-group', hub, group });
  }

  /** Its readers are detached. Throws {@link ServiceError}. */
  deleteGroup(hub: string, group: string): void {
    this.#change({ kind: 'delete-group', hub, group });
    this.#detach({ hub, group }, entityNotFound(`${hub}/ConsumerGroups/${group}`));
  }

  /** Everything that a partition keeps, oldest first. */
  events(hub: string, partition: string): readonly StoredEvent[] {
    return this.#namespace.hub(hub).partition(partition).events();
  }

  /** The ends of a partition. Throws {@link ServiceError}. */
  describePartition(hub: string, partition: string): PartitionDescription {
    const log = this.#namespace.hub(hub).partition(partition);
    return { beginSequence: log.beginSequence, lastSequence: log.lastSequence, isEmpty: log.isEmpty };
  }

  /** Lets a partition forget what is in front of that sequence number, as retention would. */
  trim(hub: string, partition: string, beforeSequence: number): void {
    this.#change({ kind: 'trim', hub, partition, before: beforeSequence });
  }

  /** Lets go of what is older than its hub's retention at once; the server does so every second. */
  expire(): void {
    this.#namespace.expire();
  }

  /** Strikes batches that clients send; the id undoes it. */
  addWriteFault(plan: WriteFaultPlan): string {
    return this.#faults.add(plan);
  }

  /** Undoes one, or all. */
  removeWriteFault(id?: string): void {
    if (id === undefined) this.#faults.clear();
    else this.#faults.remove(id);
  }

  /** Refuses, as a namespace that is throttled does, what its clients send beyond this; without one, takes everything again. */
  limitThroughput(limit?: ThroughputLimit): void {
    this.#throughput.limit = limit;
  }

  /** Breaks every connection without a word; returns how many there were. */
  dropConnections(): number {
    return this.#serving?.acceptor.dropAll() ?? 0;
  }

  /** Closes every connection in order, as the service does when it moves a namespace. */
  closeConnections(condition = 'amqp:connection:forced'): void {
    this.#serving?.acceptor.closeAll(new ServiceError(condition, 'The connection was closed by the emulator.'));
  }

  /** Detaches links; returns how many. */
  detach(
    filter: AttachedFilter = {},
    condition = 'amqp:link:detach-forced',
    description = 'The link was detached by the emulator.',
  ): number {
    return this.#detach(filter, new ServiceError(condition, description));
  }

  #detach(filter: AttachedFilter, error: ServiceError): number {
    const links = (this.#serving?.acceptor.links() ?? []).filter((link) => matches(link, filter));
    for (const link of links) link.detach(error);
    return links.length;
  }

  async #openControl(): Promise<HttpServer> {
    const control = await HttpServer.open(
      { host: this.host, port: this.#controlPort },
      (request) => answerControls(this, request) ?? answerResourceManager(this, request) ?? { status: 404 },
    );
    this.#controlPort = control.port;
    return control;
  }

  #createBroker(): Broker {
    const { authorize = true, geoReplication = false, maxMessageBytes = 1_048_576 } = this.#options;
    return {
      namespace: this.#namespace,
      faults: this.#faults,
      throughput: this.#throughput,
      owners: new Owners(this.#options.maxSharedReaders ?? 5),
      offsets: geoReplication ? replicatedOffsets : plainOffsets,
      replicated: geoReplication,
      keys: authorize ? this.#keys : undefined,
      maxMessageBytes,
      senderCredit: this.#options.senderCredit ?? 1_000,
      now: this.#now,
      store: (hub, partition, events) =>
        this.#change({ kind: 'append', hub: hub.name, partition: partition.id, events, nowMs: this.#now() }),
      drop: (connection) => this.#serving?.acceptor.drop(connection),
      later: (ms, action) => this.#later(ms, action),
    };
  }

  #change(change: Change): void {
    if (applyChange(this.#namespace, change)) this.#journal?.append(change);
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }
}

/** Starts an Event Hubs namespace in this process. */
export async function createEventHubsServer(options: EventHubsServerOptions = {}): Promise<EventHubsServer> {
  const server = new EventHubsServer(options);
  await server.start();
  return server;
}
