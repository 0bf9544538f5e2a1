import { StreamError, untilAborted, withDeadline } from '@isostream/core/adapter';
import type { Connection, EventContext, Message, Sender } from 'rhea-promise';
import { randomUUID } from 'node:crypto';
import { toStreamError } from '../errors.ts';
import type { Standing } from './refusals.ts';

interface Pending {
  readonly resolve: (answer: Message) => void;
  readonly reject: (error: StreamError) => void;
}

/** What the service calls its answers' codes where it gives no condition. */
const conditions: Readonly<Record<number, string>> = {
  401: 'amqp:unauthorized-access',
  404: 'amqp:not-found',
  408: 'com.microsoft:timeout',
  503: 'com.microsoft:server-busy',
};

/**
 * Requests and their answers over a pair of links. Not those of the AMQP layer: what they had under way when their
 * connection was lost ends the process when it times out.
 */
export class Requests {
  readonly #address: string;
  readonly #replyTo: string = `reply-${randomUUID()}`;
  readonly #standing: Standing;
  readonly #timeoutMs: number;
  readonly #pending = new Map<string, Pending>();
  /** Resolves once the links are gone. */
  readonly ended: Promise<void>;
  #sender: Sender | undefined;
  #end: StreamError | undefined;
  #resolve: () => void = () => undefined;

  private constructor(address: string, standing: Standing, timeoutMs: number) {
    this.#address = address;
    this.#standing = standing;
    this.#timeoutMs = timeoutMs;
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Rejects with what the AMQP layer rejects with. */
  static async open(
    connection: Connection,
    address: string,
    standing: Standing,
    ended: AbortSignal,
    timeoutMs: number,
  ): Promise<Requests> {
    const requests = new Requests(address, standing, timeoutMs);
    const replyTo = requests.#replyTo;
    const over = (error: unknown): void => requests.#over(error);
    const session = await connection.createSession();
    const ends = {
      onSessionError: (context: EventContext) => over(context.session?.error),
      onSessionClose: (context: EventContext) => over(context.session?.error),
    };
    await session.createReceiver({
      ...ends,
      name: replyTo,
      source: { address },
      target: { address: replyTo },
      onMessage: ({ message }) => {
        if (message !== undefined) requests.#answered(message);
      },
      onError: ({ receiver }) => over(receiver?.error),
      onClose: ({ receiver }) => over(receiver?.error),
    });
    requests.#sender = await session.createSender({
      ...ends,
      target: { address },
      onError: ({ sender }) => over(sender?.error),
      onClose: ({ sender }) => over(sender?.error),
    });
    ended.addEventListener('abort', () => over(ended.reason), { once: true });
    return requests;
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /**
   * The answer to a request. Rejects with a StreamError for one that is not a success or does not come in time, and where the
   * links are gone.
   */
  async send(properties: Readonly<Record<string, unknown>>, body: unknown, signal: AbortSignal): Promise<Message> {
    if (this.#end !== undefined) throw this.#end;
    const id = randomUUID();
    const answer = new Promise<Message>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#sender?.send({
      message_id: id,
      reply_to: this.#replyTo,
      to: this.#address,
      application_properties: { ...properties },
      body,
    });
    try {
      const late = (): StreamError => this.#unanswered();
      return await withDeadline({ ms: this.#timeoutMs, late, signals: [signal] }, (either) =>
        untilAborted(answer, either),
      );
    } catch (thrown) {
      throw toStreamError(thrown, this.#address);
    } finally {
      this.#pending.delete(id);
    }
  }

  #unanswered(): StreamError {
    const message = `${this.#address}: the service did not answer within ${this.#timeoutMs} ms`;
    return new StreamError('timeout', message, { where: 'event-hubs', outcome: 'unknown' });
  }

  #answered(message: Message): void {
    const pending = this.#pending.get(String(message.correlation_id));
    if (pending === undefined) return;
    const properties: Readonly<Record<string, unknown>> = message.application_properties ?? {};
    const status = Number(properties['status-code'] ?? properties['statusCode']);
    if (status >= 200 && status < 300) {
      this.#standing.used();
      pending.resolve(message);
      return;
    }
    const text = textOf(properties['status-description'] ?? properties['statusDescription']) ?? 'no reason was given';
    const given = textOf(properties['error-condition'] ?? properties['errorCondition']);
    const condition = given ?? conditions[status] ?? 'amqp:internal-error';
    const error = { condition, description: `${text} (status-code: ${status})` };
    pending.reject(toStreamError(error, this.#address));
  }

  #over(error: unknown): void {
    if (this.#end !== undefined) return;
    const reason = error ?? { name: 'MessagingError', message: 'the links were closed' };
    this.#end = this.#standing.judge(toStreamError(reason, this.#address));
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#pending.clear();
    this.#resolve();
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
