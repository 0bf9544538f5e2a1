import { entityNotFound, ServiceError } from '../service-error.ts';
import { type Address, parseAddress } from './address.ts';
import type { Attached } from './attached.ts';
import type { Broker } from './broker.ts';
import { answerManagement } from './management.ts';
import { Publisher } from './publisher.ts';
import { RequestNode } from './request-response.ts';
import {
  amqpError,
  endLink,
  integerProperty,
  type Link,
  type ServerReceiver,
  type ServerSender,
  type Session,
} from './rhea.ts';
import { Subscriber } from './subscriber.ts';
import { Tokens } from './tokens.ts';

/** One client's connection: its tokens, its requests and its links. */
export class ClientConnection {
  readonly #broker: Broker;
  readonly #tokens: Tokens | undefined;
  readonly #cbs: RequestNode;
  readonly #management: RequestNode;
  readonly #links = new Map<Link, Attached>();

  constructor(broker: Broker) {
    this.#broker = broker;
    const tokens = broker.keys === undefined ? undefined : new Tokens(broker.keys);
    this.#tokens = tokens;
    this.#cbs = new RequestNode((request) => tokens?.put(request) ?? { status: 202, description: 'Accepted' });
    this.#management = new RequestNode((request) => {
      const hub = String(request.properties['name']);
      if (tokens?.allow(`${hub}/$management`) === false)
        return { status: 401, description: `Unauthorized access to '${hub}'.`, condition: 'amqp:unauthorized-access' };
      return answerManagement(request, broker.namespace, broker.offsets, broker.replicated);
    });
  }

  get links(): readonly Attached[] {
    return [...this.#links.values()];
  }

  /** The client wants to send. */
  receiverOpened(link: ServerReceiver): void {
    this.#attach(link, link.target?.address, (address) => {
      if (address.kind === 'cbs' || address.kind === 'management') {
        (address.kind === 'cbs' ? this.#cbs : this.#management).addReceiver(link);
        this.#requests(link, address.kind === 'cbs' ? '' : address.hub);
      } else if (address.kind === 'hub') this.#publish(link, address.hub, address.partition);
      else throw entityNotFound(String(link.target?.address));
    });
  }

  /** The client wants to receive. */
  senderOpened(link: ServerSender): void {
    this.#attach(link, link.source?.address, (address) => {
      if (address.kind === 'cbs') this.#cbs.addSender(link);
      else if (address.kind === 'management') this.#management.addSender(link);
      else if (address.kind === 'reader') this.#subscribe(link, address.hub, address.group, address.partition);
      else throw entityNotFound(String(link.source?.address));
    });
  }

  closed(link: Link): void {
    this.#links.get(link)?.release();
    this.#links.delete(link);
  }

  sessionClosed(session: Session): void {
    for (const link of this.#links.keys()) if (link.session === session) this.closed(link);
  }

  disconnected(): void {
    for (const link of this.#links.keys()) this.closed(link);
  }

  /** A refused link is attached and detached at once: only so can the reason be told. */
  #attach(link: Link, address: unknown, open: (address: Address) => void): void {
    try {
      const path = typeof address === 'string' ? address : '';
      const parsed = parseAddress(path);
      // Requests for management name what they ask about, and are checked one by one.
      if (parsed.kind !== 'cbs' && parsed.kind !== 'management' && this.#tokens?.allow(path) === false)
        throw new ServiceError(
          'amqp:unauthorized-access',
          `Unauthorized access. No valid token was put for '${path}'.`,
        );
      open(parsed);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      endLink(link, amqpError(error.condition, error.message));
    }
  }

  #publish(link: ServerReceiver, hub: string, partition: string | undefined): void {
    const publisher = new Publisher(this.#broker, link, hub, partition);
    this.#links.set(link, {
      hub: publisher.hub,
      partition: publisher.partition,
      group: undefined,
      role: 'sender',
      detach: (error) => this.#detach(link, error),
      release: () => undefined,
    });
  }

  #requests(link: ServerReceiver, hub: string): void {
    this.#links.set(link, {
      hub,
      partition: undefined,
      group: undefined,
      role: 'requests',
      detach: (error) => this.#detach(link, error),
      release: () => undefined,
    });
  }

  #subscribe(link: ServerSender, hub: string, group: string, partition: string): void {
    const name = link.properties?.['com.microsoft:receiver-name'];
    const subscriber = new Subscriber(this.#broker, link, hub, group, partition);
    try {
      const leave = this.#broker.owners.enter(`${hub}/${group}/${partition}`.toLowerCase(), {
        ownerLevel: integerProperty(link, 'com.microsoft:epoch'),
        name: typeof name === 'string' ? name : link.name,
        disconnect: (error) => this.#detach(link, error),
      });
      this.#links.set(link, {
        hub,
        partition,
        group,
        role: 'receiver',
        detach: (error) => this.#detach(link, error),
        release() {
          subscriber.stop();
          leave();
        },
      });
    } catch (error) {
      subscriber.stop();
      throw error;
    }
  }

  #detach(link: Link, error: ServiceError): void {
    this.closed(link);
    endLink(link, amqpError(error.condition, error.message));
  }
}
