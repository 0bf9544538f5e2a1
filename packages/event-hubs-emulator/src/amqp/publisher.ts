import rhea from 'rhea';
import type { WriteFault } from '../faults.ts';
import { entityNotFound, ServiceError } from '../service-error.ts';
import type { Hub } from '../store/namespace.ts';
import type { PartitionLog } from '../store/partition-log.ts';
import type { Broker } from './broker.ts';
import { type Publication, readPublication } from './events.ts';
import {
  amqpError,
  capabilitiesOf,
  type Connection,
  type Context,
  echoAddresses,
  formatOf,
  integerProperty,
  rejectDelivery,
  type ServerReceiver,
} from './rhea.ts';

/** A link on which a client sends to a hub or to one of its partitions. */
export class Publisher {
  readonly #broker: Broker;
  readonly #link: ServerReceiver;
  readonly hub: string;
  readonly partition: string | undefined;

  /** Answers the attach. Throws {@link ServiceError}. */
  constructor(broker: Broker, link: ServerReceiver, hub: string, partition: string | undefined) {
    this.#broker = broker;
    this.#link = link;
    this.hub = hub;
    this.partition = partition;
    echoAddresses(link);
    link.local.attach['max_message_size'] = broker.maxMessageBytes;
    const found = broker.namespace.hub(hub);
    if (partition !== undefined) answerProducer(link, found.partition(partition));
    link.on('message', (context: Context) => this.#receive(context));
    // Creating a link waits for its first credit.
    link.add_credit(broker.senderCredit);
  }

  #receive({ delivery, message, session, connection }: Context): void {
    // What was under way when the link was detached is neither stored nor answered.
    if (!this.#link.is_open()) return;
    const spent = this.#broker.senderCredit - this.#link.credit;
    if (spent * 2 >= this.#broker.senderCredit) this.#link.add_credit(spent);
    const reject = (error: ServiceError): void =>
      rejectDelivery(session, delivery, amqpError(error.condition, error.message));
    try {
      const publication = this.#read(message, formatOf(delivery));
      const hub = this.#broker.namespace.find(this.hub);
      if (hub === undefined) throw entityNotFound(this.hub);
      const partition = this.#route(hub, publication);
      const fault =
        this.#broker.faults.take(hub.name, partition.id) ??
        this.#broker.throughput.refusal(publication.events.length, message.length);
      const store = (): void => this.#broker.store(hub, partition, publication.events);
      if (fault === undefined) {
        store();
        delivery.accept();
      } else this.#strike(fault, { store, accept: () => delivery.accept(), reject, connection });
    } catch (error) {
      reject(error instanceof ServiceError ? error : new ServiceError('amqp:decode-error', String(error)));
    }
  }

  #read(message: Buffer, format: number): Publication {
    if (message.length > this.#broker.maxMessageBytes)
      throw new ServiceError(
        'amqp:link:message-size-exceeded',
        `The received message (size: ${message.length}) exceeds the limit (${this.#broker.maxMessageBytes}) currently allowed on the link.`,
      );
    return readPublication(message, format);
  }

  #route(hub: Hub, publication: Publication): PartitionLog {
    return this.partition === undefined ? hub.route(publication.partitionKey) : hub.partition(this.partition);
  }

  #strike(
    fault: WriteFault,
    batch: {
      store(): void;
      accept(): void;
      reject(error: ServiceError): void;
      readonly connection: Connection;
    },
  ): void {
    switch (fault.kind) {
      case 'reject':
        batch.reject(new ServiceError(fault.condition, fault.description ?? 'The emulator was told to refuse this.'));
        break;
      case 'drop-before-store':
        this.#broker.drop(batch.connection);
        break;
      case 'store-then-drop':
        batch.store();
        this.#broker.drop(batch.connection);
        break;
      case 'accept-late':
        batch.store();
        this.#broker.later(fault.ms, () => {
          if (this.#link.is_open()) batch.accept();
        });
        break;
      case 'ignore':
        break;
    }
  }
}

const capability = 'com.microsoft:idempotent-producer';
const epochProperty = 'com.microsoft:producer-epoch';
const idProperty = 'com.microsoft:producer-id';
const sequenceProperty = 'com.microsoft:producer-sequence-number';

/** Gives a publisher that asks for it the identity by which its repeated sends are recognised. */
function answerProducer(link: ServerReceiver, partition: PartitionLog): void {
  if (!capabilitiesOf(link).includes(capability)) return;
  const [epoch, id, sequence] = [epochProperty, idProperty, sequenceProperty].map((name) =>
    integerProperty(link, name),
  );
  const wanted = {
    ...(epoch === undefined ? {} : { epoch }),
    ...(id === undefined ? {} : { id }),
    ...(sequence === undefined ? {} : { sequence }),
  };
  // Clients keep this name of theirs when they connect again.
  const source = link.source?.address;
  const identity = partition.producers.attach(wanted, typeof source === 'string' ? source : undefined);
  link.local.attach['offered_capabilities'] = capability;
  link.local.attach['properties'] = {
    [epochProperty]: rhea.types.wrap_short(identity.epoch),
    [idProperty]: rhea.types.wrap_long(identity.id),
    [sequenceProperty]: rhea.types.wrap_int(identity.sequence),
  };
}
