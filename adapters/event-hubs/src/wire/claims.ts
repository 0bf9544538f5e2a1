import { untilAborted } from '@isostream/core/adapter';
import type { Connection } from 'rhea-promise';
import { Requests } from './requests.ts';
import type { Tokens } from './tokens.ts';

/** Where the service takes tokens. Source: AMQP Claims-Based Security, working draft 05. */
const address = '$cbs';

/** Tells the service who we are, for each thing that is to be reached. */
export class Claims {
  readonly #connection: Connection;
  readonly #tokens: Tokens;
  readonly #ended: AbortSignal;
  #requests: Requests | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, tokens: Tokens, ended: AbortSignal) {
    this.#connection = connection;
    this.#tokens = tokens;
    this.#ended = ended;
  }

  /** Resolves with the milliseconds after which the claim has to be made again. One after the other, as Microsoft's clients do. */
  claim(audience: string): Promise<number> {
    const turn = this.#turn.then(() => this.#claim(audience));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #claim(audience: string): Promise<number> {
    const { text, type, renewInMs } = await untilAborted(this.#tokens(audience), this.#ended);
    this.#requests ??= await Requests.open(this.#connection, address, this.#ended);
    await this.#requests.send({ operation: 'put-token', name: audience, type }, text, this.#ended);
    return renewInMs;
  }
}
