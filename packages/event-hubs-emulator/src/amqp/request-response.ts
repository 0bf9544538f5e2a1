import rhea from 'rhea';
import { type Context, echoAddresses, onceAttached, type ServerReceiver, type ServerSender } from './rhea.ts';

/** A request on `$cbs` or `$management`, as far as they need it. */
export interface Request {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

export interface Response {
  readonly status: number;
  readonly description: string;
  readonly condition?: string;
  readonly body?: unknown;
}

/** The pairs of links of one connection that carry requests to one node and answers back. */
export class RequestNode {
  readonly #answer: (request: Request) => Response;
  /** By what a request's reply-to can name: the link, or its target. */
  readonly #senders = new Map<string, ServerSender>();
  #latest: ServerSender | undefined;

  constructor(answer: (request: Request) => Response) {
    this.#answer = answer;
  }

  addSender(sender: ServerSender): void {
    echoAddresses(sender);
    this.#senders.set(sender.name, sender);
    const target = sender.target?.address;
    if (typeof target === 'string') this.#senders.set(target, sender);
    this.#latest = sender;
  }

  addReceiver(receiver: ServerReceiver): void {
    echoAddresses(receiver);
    receiver.add_credit(1_000);
    receiver.on('message', (context: Context) => {
      receiver.add_credit(1);
      const request = rhea.message.decode(context.message);
      context.delivery.accept();
      const properties: unknown = request['application_properties'];
      const response = this.#answer({ properties: isRecord(properties) ? properties : {}, body: request['body'] });
      this.#reply(request['reply_to'], request['message_id'], response);
    });
  }

  #reply(replyTo: unknown, id: unknown, response: Response): void {
    // Not every client says where to answer; then it has one link to be answered on.
    const sender = (typeof replyTo === 'string' ? this.#senders.get(replyTo) : undefined) ?? this.#latest;
    if (sender === undefined) return;
    const bytes = rhea.message.encode({
      correlation_id: id,
      application_properties: {
        'status-code': rhea.types.wrap_int(response.status),
        'status-description': response.description,
        ...(response.condition === undefined
          ? {}
          : {
              'error-condition': rhea.types.wrap_symbol(response.condition),
              errorCondition: rhea.types.wrap_symbol(response.condition),
            }),
      },
      ...(response.body === undefined ? {} : { body: response.body }),
    });
    onceAttached(sender, () => sender.send(bytes, undefined, 0));
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
