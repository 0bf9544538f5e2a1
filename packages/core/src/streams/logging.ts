import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { StreamError } from '../errors/stream-error.ts';
import { observe, type Attempt, type Observations, type Ownership } from '../observe/channels.ts';
import { Log, type Logger, type LogLevel } from '../observe/logger.ts';
import { failureError } from '../retry/policy.ts';
import type { Clock } from '../time/clock.ts';

type Fields = Readonly<Record<string, unknown>>;
type Member = Pick<Ownership, 'topic' | 'group' | 'member'>;

/** Writes to the logger of one client what is observed of its consumers, replays and producers, and of its provider's connections. */
export class Logging {
  readonly #log: Log;
  readonly #provider: string;
  readonly #members = new Set<string>();
  readonly #topics = new Set<string>();
  readonly #ends: (() => void)[] = [];

  constructor(logger: Logger, provider: string, clock: Clock) {
    this.#log = new Log(logger, clock);
    this.#provider = provider;
    this.#consumers();
    this.#producers();
    this.#on('adapter:warning', ({ adapter, message, error }) => {
      // The count in the text is its own; the logger counts anew.
      if (adapter === provider || adapter === 'producer') this.#write('warn', message, {}, error);
    });
  }

  /** Events of this topic are written by the client. */
  writes(topic: string): void {
    this.#topics.add(topic);
  }

  /** This consumer or replay is of the client, until the function is called that is returned. */
  reads(member: Member): () => void {
    const name = nameOf(member);
    this.#members.add(name);
    return () => this.#members.delete(name);
  }

  client(state: Observations['client:state']['state'], error?: StreamError): void {
    if (state === 'unreachable') this.#write('warn', 'the service is unreachable', {}, error);
    else if (error !== undefined) this.#write('error', 'the client could not be opened', {}, error);
    else this.#write('info', state === 'closed' ? 'the client is closed' : 'connected', {});
  }

  /** Writes nothing any more. */
  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #consumers(): void {
    this.#ofMember('consume:state', (told) => {
      const level = told.state === 'failed' ? 'error' : told.state === 'closing' ? 'debug' : 'info';
      this.#write(level, `the consumer is ${told.state}`, placeOf(told), told.error);
    });
    this.#ofMember('consume:assigned', (told) => this.#write('debug', 'a partition was assigned', placeOf(told)));
    this.#ofMember('consume:revoked', (told) => this.#write('debug', 'a partition was handed over', placeOf(told)));
    this.#ofMember('consume:lost', (told) => this.#write('warn', 'a partition was lost', placeOf(told), told.error));
    this.#ofMember('consume:retry', (told) => {
      const { delayMs, ms } = told;
      this.#write('warn', 'an attempt failed and will be repeated', { ...eventOf(told), ms, delayMs }, told.error);
    });
    this.#ofMember('consume:given-up', (told) => {
      const fields = { ...eventOf(told), ms: told.ms, totalMs: told.totalMs };
      if (told.result === 'dead-letter') this.#write('error', 'an event was dead-lettered', fields, told.error);
      else this.#write('warn', 'an event was skipped', fields, told.error);
    });
    this.#ofMember('consume:dead-letter-failed', (told) =>
      this.#write('error', 'a dead letter could not be written: its key is blocked', eventOf(told), told.error),
    );
    this.#ofMember('consume:commit', (told) =>
      this.#write('debug', 'a position was stored', { ...placeOf(told), position: told.position }),
    );
    this.#ofMember('consume:commit-failed', (told) =>
      this.#write('warn', 'a position could not be stored', placeOf(told), told.error),
    );
    this.#ofMember('consume:gap', (told) => {
      const { missing, from, to } = told;
      this.#write('error', 'retention removed events before they were read', { ...placeOf(told), missing, from, to });
    });
  }

  #producers(): void {
    this.#on('produce:retry', ({ topic, events, failures, delayMs, error }) => {
      if (this.#topics.has(topic))
        this.#write(
          'warn',
          'a batch was not written and will be repeated',
          { topic, events, failures, delayMs },
          error,
        );
    });
    this.#on('produce:failed', ({ topic, events, error }) => {
      if (this.#topics.has(topic)) this.#write('error', 'events could not be written', { topic, events }, error);
    });
  }

  #write(level: LogLevel, message: string, fields: Fields, error?: unknown): void {
    const code = error === undefined ? undefined : failureError(error).code;
    const failure = error === undefined ? {} : { code, err: error };
    const { topic = '', group = '' } = fields;
    // A consumer fails once: the line of another one must not stand for it.
    const member = level === 'error' && message.startsWith('the consumer is') ? String(fields['member']) : '';
    this.#log.write(
      level,
      message,
      { provider: this.#provider, ...fields, ...failure },
      `${String(topic)}\n${String(group)}\n${code ?? ''}\n${member}`,
    );
  }

  #ofMember<Name extends keyof Observations>(name: Name, listen: (message: Observations[Name]) => void): void {
    this.#on(name, (message) => {
      if ('member' in message && this.#members.has(nameOf(message))) listen(message);
    });
  }

  #on<Name extends keyof Observations>(name: Name, listen: (message: Observations[Name]) => void): void {
    // Made by core first, which keeps a subscriber that throws from doing harm.
    observe(name);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the channel's name says what is published on it
    const listener = (message: unknown): void => listen(message as Observations[Name]);
    subscribe(`isostream:${name}`, listener);
    this.#ends.push(() => unsubscribe(`isostream:${name}`, listener));
  }
}

function nameOf({ topic, group, member }: Member): string {
  return `${topic}\n${group ?? ''}\n${member}`;
}

function placeOf(told: Member & { readonly partition?: string }): Fields {
  const { topic, group, member, partition } = told;
  return { topic, group, member, ...(partition === undefined ? {} : { partition }) };
}

/** Which event it is, without its key, which may be about a person. */
function eventOf(told: Attempt): Fields {
  const { position, id, type, attempt } = told;
  return { ...placeOf(told), position, id, type, attempt };
}
