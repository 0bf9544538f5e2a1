import type { Adapter } from '@isostream/core';

/** What is sent: events of a key are numbered from 0. */
export interface Message {
  readonly id: string;
  readonly key: string;
  readonly seq: number;
}

/** A message as a client hands it to a handler. */
export interface Delivery {
  readonly message: Message;
  readonly partition: string;
  readonly position: string;
}

export interface Subscription {
  readonly topic: string;
  readonly group: string;
  readonly partitions: number;
  /** Rejects if the handler failed. What a client does then is its own matter. */
  readonly handle: (delivery: Delivery) => Promise<void>;
  /** Called when it expects events. */
  readonly ready: () => void;
  /** Called when the client gave up: nobody will consume any more. */
  readonly failed: (error: unknown) => void;
}

/** A member of a group at work. */
export interface Consumption {
  /** Resolves when no more handlers start. Absent: the client does not offer it. */
  readonly pause?: () => Promise<void>;
  readonly resume?: () => Promise<void>;
  /** Ends it in good order, as the client's documentation says. */
  close(): Promise<void>;
}

/** A client in one process. */
export interface Client {
  /** Called in the order of the events, without waiting for earlier ones; resolves when the service has the message. */
  send(topic: string, message: Message): Promise<void>;
  consume(subscription: Subscription): Promise<Consumption>;
  close(): Promise<void>;
}

/** The service as clients reach it: what the suite's adapter is made with. */
export interface Service {
  readonly settings: unknown;
  readonly createAdapter: (clientId: string) => Adapter;
}

export type ServiceName = 'memory' | 'kafka' | 'kinesis' | 'pubsub' | 'event-hubs';

/** A client under comparison: somebody else's, or isostream as the control. */
export interface Subject {
  readonly name: string;
  readonly service: ServiceName;
  /** The npm package whose version is reported; none: part of Node.js. */
  readonly package?: string;
  /** How it is used, for the report: what its documentation recommends for order and no loss. */
  readonly settings: readonly string[];
  /** What its documentation does not promise, so that what follows is not held against it. */
  readonly notPromised: readonly string[];
  /** Everything of it lives in one process: it has no members that can crash. */
  readonly isInProcess?: boolean;
  /** Sends wait for the one before them of the whole producer. Default: of their key. */
  readonly sendsOneByOne?: boolean;
  /** It cannot be paused. */
  readonly hasNoPause?: boolean;
  /** Before the first member: what has to exist for a group beyond the topic. */
  readonly prepare?: (service: Service, topic: string, group: string) => Promise<void>;
  /** Afterwards. */
  readonly clearUp?: (service: Service, topic: string, group: string) => Promise<void>;
  readonly open: (service: Service, clientId: string) => Promise<Client>;
}
