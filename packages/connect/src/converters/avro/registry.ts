import { ConfigError } from '../../config/definition.ts';
import { readJson } from '../../data/json-read.ts';
import { BigInteger, DataError, isList, isMap, type Value } from '../../data/values.ts';
import { javaText } from '../../data/java-text.ts';
import { asked } from '../../sinks/asked.ts';
import { TargetUnavailable } from '../../sinks/sink.ts';
import { type AvroNames, type AvroReader, avroReader } from './reader.ts';
import { type AvroWriter, avroWriter, type WriterNames } from './writer.ts';

const timeoutMs = 10_000;
const what = 'the schema registry';
const mostId = 2 ** 31 - 1;
/** What a read-only registry answers to a registration. */
const temporarilyUnavailable = '42205';

/** What a registry says of one schema. */
interface Answer {
  readonly id?: unknown;
  readonly schema?: unknown;
  readonly schemaType?: unknown;
  readonly references?: unknown;
  /** The registry says that it does not have what was asked for. */
  readonly isMissing?: true;
}

interface Reference {
  readonly subject?: unknown;
  readonly version?: unknown;
}

/** A registry with Confluent's interface. Rejects with `TargetUnavailable`, `ConfigError`, or `DataError` of a schema that it does not have. */
export class AvroRegistry {
  readonly #urls: readonly string[];
  readonly #headers: Readonly<Record<string, string>>;
  #next = 0;

  constructor(urls: readonly string[], authorization: string | undefined) {
    this.#urls = urls;
    this.#headers = {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      'content-type': 'application/vnd.schemaregistry.v1+json',
      ...(authorization === undefined ? {} : { authorization }),
    };
  }

  /** The id of a schema under a subject: registered, or only looked up. */
  async idOf(subject: string, schema: string, registers: boolean): Promise<number> {
    const path = `subjects/${encodeURIComponent(subject)}${registers ? '/versions' : ''}`;
    const { id, isMissing } = await this.#ask(path, JSON.stringify({ schema }));
    if (typeof id === 'number') return id;
    if (isMissing !== true) throw incomplete('id');
    throw new DataError(
      registers
        ? `${what} has nowhere to register the Avro schema of ${subject}: it answers 404`
        : `the subject ${subject} has no such Avro schema, says ${what}. Register it, or set auto.register.schemas=true`,
    );
  }

  /** The newest schema of a subject. */
  async latest(subject: string): Promise<{ readonly id: number; readonly writer: AvroWriter }> {
    const answer = await this.#ask(`subjects/${encodeURIComponent(subject)}/versions/latest`);
    if (answer.isMissing === true)
      throw new DataError(`the subject ${subject} has no Avro schema. Register one, or set auto.register.schemas=true`);
    if (typeof answer.id !== 'number') throw incomplete('id');
    const names: WriterNames = new Map();
    return { id: answer.id, writer: await this.#compiled(answer, (json) => avroWriter(json, names)) };
  }

  async reader(id: number): Promise<AvroReader> {
    // A registry with Confluent's interface has no path for such a number, and answers as if it were not there.
    if (id > mostId) throw new DataError(`the payload begins with ${id}, which no Avro schema has as its id`);
    const names: AvroNames = new Map();
    return this.#compiled(await this.#ask(`schemas/ids/${id}`), (json) => avroReader(json, names));
  }

  async #compiled<Made>(answer: Answer, make: (json: unknown) => Made): Promise<Made> {
    const { schema, schemaType = 'AVRO', references, isMissing } = answer;
    if (isMissing === true) throw new DataError(`${what} does not have it`);
    if (schemaType !== 'AVRO')
      throw new DataError(`the schema of the registry is one of ${String(schemaType)}, and the converter is for Avro`);
    if (typeof schema !== 'string') throw incomplete('schema');
    const referred: readonly Reference[] = Array.isArray(references) ? references : [];
    for (const { subject, version } of referred) {
      const path = `subjects/${encodeURIComponent(String(subject))}/versions/${Number(version)}`;
      await this.#compiled(await this.#ask(path), make);
    }
    return make(exactJson(schema));
  }

  /** Each request goes to the next address, so that one that is down is passed at the next try. */
  #ask(path: string, body?: string): Promise<Answer> {
    const url = this.#urls[this.#next % this.#urls.length] ?? '';
    this.#next += 1;
    const { signal } = new AbortController();
    return asked({ what, where: 'avro converter', timeoutMs, signal }, async (either) => {
      const response = await fetch(new URL(path, url), {
        headers: this.#headers,
        signal: either,
        ...(body === undefined ? {} : { method: 'POST', body }),
      });
      const { status } = response;
      if (status === 401 || status === 403)
        throw new ConfigError(`${what} answers ${status}. Check basic.auth.user.info, and what the user may read`);
      const text = await response.text();
      const [, code = ''] = /"error_code"\s*:\s*(\d+)/.exec(text) ?? [];
      if (status === 404 && /^404\d\d$/.test(code)) return { isMissing: true };
      if (isRefusal(status, code))
        throw new DataError(`${what} refuses the schema with ${status}: ${text.slice(0, 200)}`);
      if (status !== 200)
        throw new TargetUnavailable(
          `${what} answers ${status}: ${text.slice(0, 200)}${status === 404 ? '. Check schema.registry.url: this is not the answer of a registry' : ''}`,
        );
      const answer: unknown = JSON.parse(text);
      return typeof answer === 'object' && answer !== null ? answer : {};
    });
  }
}

/**
 * Whether an answer is about the schema: then the record is bad, and asking again brings nothing. A registry says so with a code of
 * its own. Without one a proxy may have answered, or a registry that starts: then records wait. Only what is too large never passes.
 */
function isRefusal(status: number, code: string): boolean {
  if (status === 413 || status === 414) return true;
  const isBusy = code === temporarilyUnavailable;
  return (status === 400 || status === 409 || status === 422) && code !== '' && !isBusy;
}

function incomplete(missing: string): TargetUnavailable {
  return new TargetUnavailable(`${what} answers without ${missing}. Check schema.registry.url`);
}

/** The text of a schema, where integers that a number cannot hold are a `bigint`: defaults may be such. */
function exactJson(text: string): unknown {
  const plain = (value: Value): unknown => {
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    if (value instanceof BigInteger) return Number(value.value);
    if (isList(value)) return value.map(plain);
    return isMap(value) ? Object.fromEntries([...value].map(([name, of]) => [javaText(name), plain(of)])) : value;
  };
  return plain(readJson(Buffer.from(text)) ?? null);
}
