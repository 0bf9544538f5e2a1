import type { Connection } from 'rhea-promise';
import { isTakenBack, type Refusals } from './refusals.ts';
import { Requests } from './requests.ts';
import type { ClaimToken } from './tokens.ts';

/** Where the service takes tokens. Source: AMQP Claims-Based Security, working draft 05. */
const address = '$cbs';

/** Tells the service who we are, for each thing that is to be reached. */
export class Claims {
  readonly #connection: Connection;
  readonly #refusals: Refusals;
  readonly #ended: AbortSignal;
  readonly #timeoutMs: number;
  #requests: Requests | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, refusals: Refusals, ended: AbortSignal, timeoutMs: number) {
    this.#connection = connection;
    this.#refusals = refusals;
    this.#ended = ended;
    this.#timeoutMs = timeoutMs;
  }

  /** One after the other, as Microsoft's clients do. */
  claim(audience: string, token: ClaimToken): Promise<void> {
    const turn = this.#turn.then(() => this.#claim(audience, token));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #claim(audience: string, token: ClaimToken): Promise<void> {
    try {
      await this.#put(audience, token);
    } catch (thrown) {
      if (this.#ended.aborted || !isTakenBack(thrown)) throw thrown;
      await this.#put(audience, token);
    }
  }

  async #put(audience: string, { text, type }: ClaimToken): Promise<void> {
    if (this.#requests?.isOver !== false) {
      const standing = this.#refusals.standingOf(address);
      this.#requests = await Requests.open(this.#connection, address, standing, this.#ended, this.#timeoutMs);
    }
    await this.#requests.send({ operation: 'put-token', name: audience, type }, text, this.#ended);
  }
}
