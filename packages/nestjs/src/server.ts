import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import {
  connect,
  type ConnectOptions,
  type ConsumerOptions,
  eventTypes,
  type HandlerContext,
  StreamError,
  type Streams,
  type Topic,
} from 'isostream';
import { isObservable, lastValueFrom } from 'rxjs';
import { groupsOf, type Member } from './group.ts';
import { IsostreamContext } from './original-errors.ts';
import { type Running, start } from './running.ts';

/** What `connect` takes, or a client that is connected, with its topics; and what consumers have by default. */
export type IsostreamServerOptions = (
  | ConnectOptions
  | { readonly streams: Streams; readonly topics: readonly Topic[] }
) & {
  /** The group, and other options, of handlers that name none of their own. */
  readonly consumer: ConsumerOptions;
};

interface Registered {
  readonly pattern: string;
  readonly handler: MessageHandler;
  readonly extras: Readonly<Record<string, unknown>>;
}

/**
 * A transporter for `@EventPattern('order.placed', { group: 'billing' })`: the pattern is the type of an event in one of the topics,
 * or in that of `topic`; everything else is an option of the consumer. Types without a handler are passed over.
 * Close the application with `app.enableShutdownHooks()`; consumers then drain.
 */
export class IsostreamServer extends Server implements CustomTransportStrategy {
  override readonly transportId: symbol = Symbol.for('isostream');
  readonly #options: IsostreamServerOptions;
  readonly #registered: Registered[] = [];
  #streams: Streams | undefined;
  #running: Running | undefined;

  constructor(options: IsostreamServerOptions) {
    super();
    this.#options = options;
  }

  // Nest would chain handlers of one pattern, and call all for each event; here each may be of a group of its own.
  override addHandler(
    pattern: unknown,
    handler: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    const text = typeof pattern === 'string' ? pattern : JSON.stringify(pattern);
    if (!isEventHandler)
      throw new StreamError('unsupported', 'events have no answers. Use @EventPattern in place of @MessagePattern', {
        where: text,
      });
    this.#registered.push({ pattern: text, handler: Object.assign(handler, { isEventHandler, extras }), extras });
    this.messageHandlers.set(text, handler);
  }

  /** Connects and starts the consumers. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      const { consumer: _, ...options } = this.#options;
      const streams = 'streams' in options ? options.streams : await connect(options);
      this.#streams = streams;
      this.#running = start(streams, groupsOf(this.#members()));
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Drains the consumers, flushes the producers of the client and closes it. */
  async close(): Promise<void> {
    await this.#running?.close();
    await this.#streams?.close();
  }

  /** The client has no events of its own; observe its channels. */
  on(): void {
    throw new StreamError(
      'unsupported',
      'the client has no events. Subscribe to its channels, or ask unwrap().health()',
      {
        where: 'IsostreamServer',
      },
    );
  }

  /** The client, once the application listens. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- Nest declares it so
  unwrap<Client>(): Client {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller says what it is
    return this.#streams as Client;
  }

  #members(): readonly Member[] {
    const members = this.#registered.flatMap((one) => this.#membersOf(one));
    // What a group has no handler for is passed over, as other transporters do.
    return members.map((member) => {
      const group = members.filter(
        ({ topic, options }) => topic === member.topic && options.group === member.options.group,
      );
      const taken = group.flatMap(({ types }) => types ?? []);
      return { ...member, skip: (eventTypes(member.topic) ?? []).filter((type) => !taken.includes(type)) };
    });
  }

  #membersOf({ pattern, handler, extras }: Registered): readonly Member[] {
    const { topic: name, ...own } = extras;
    const { topics, consumer } = this.#options;
    const found = topics.filter(
      (topic) => eventTypes(topic)?.includes(pattern) === true && (name === undefined || topic.name === name),
    );
    if (found.length === 0)
      throw new StreamError(
        'invalid-config',
        `no ${name === undefined ? 'topic' : `topic ${JSON.stringify(name)}`} declares this type of event`,
        {
          where: `@EventPattern('${pattern}')`,
        },
      );
    return found.map((topic) => ({
      where: `@EventPattern('${pattern}')`,
      topic,
      options: { ...consumer, ...own },
      kind: 'event',
      types: [pattern],
      skip: [],
      batch: {},
      call: (event, context) => handled(handler, event, context),
    }));
  }
}

async function handled(handler: MessageHandler, event: unknown, context: unknown): Promise<void> {
  if (!isContext(context)) throw new TypeError('a handler is called with a context');
  const data: unknown = typeof event === 'object' && event !== null && 'data' in event ? event.data : undefined;
  try {
    const result: unknown = await handler(data, new IsostreamContext([event, context]));
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  } catch (error) {
    throw isReplaced(error) ? withoutFilter(error) : error;
  }
}

/** What Nest puts in the place of an error that is not an RpcException. */
function isReplaced(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || error instanceof Error) return false;
  return (
    'status' in error && error.status === 'error' && 'message' in error && error.message === 'Internal server error'
  );
}

function withoutFilter(cause: unknown): StreamError {
  const message =
    'Nest has replaced the error of the handler. Add app.useGlobalFilters(new IsostreamFilter()) to see it here';
  return new StreamError('handler-failed', message, { where: 'IsostreamServer', cause });
}

function isContext(value: unknown): value is HandlerContext {
  return typeof value === 'object' && value !== null && 'attempt' in value && 'position' in value;
}
