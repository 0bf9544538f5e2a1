import { systemClock } from '@isostream/core/adapter';
import { type Config, ConfigError } from '../../config/definition.ts';
import { DataError, nothing, type Schema, type Typed, type Value } from '../../data/values.ts';
import { TargetUnavailable } from '../../sinks/sink.ts';
import type { WriteTarget } from '../converter.ts';
import { AvroBytes } from './bytes.ts';
import type { AvroRegistry } from './registry.ts';
import { avroSchemaOf } from './schema-of.ts';
import { type AvroWriter, avroWriter, writeAs } from './writer.ts';

const mostSubjects = 1_000;
/** So long the registry's refusal counts, and the newest schema is not asked for once more, whatever does not fit it. */
const rememberMs = 1_000;

type Strategy = 'TopicNameStrategy' | 'RecordNameStrategy' | 'TopicRecordNameStrategy';
const strategies: readonly Strategy[] = ['TopicNameStrategy', 'RecordNameStrategy', 'TopicRecordNameStrategy'];

interface Registered {
  readonly id: number;
  readonly writer: AvroWriter;
}

/** What the registry answered, and when it was asked, in milliseconds. */
interface Answer {
  readonly found: Registered | DataError;
  readonly at: number;
}

/** Writes values by the schemas of subjects: their own schemas, which it registers or looks up, or the newest of the subject. */
export class AvroSubjects {
  readonly #registry: AvroRegistry;
  readonly #registers: boolean;
  readonly #usesLatest: boolean;
  readonly #strategies: Readonly<Record<WriteTarget['part'], Strategy>>;
  readonly #known = new Map<string, Answer>();
  readonly #asked = new Map<string, Promise<void>>();
  /** The text of a schema in Avro: most records of a source share one schema. */
  readonly #texts = new WeakMap<Schema, string>();

  constructor(registry: AvroRegistry, config: Config) {
    this.#registry = registry;
    this.#registers = config.flag('auto.register.schemas');
    this.#usesLatest = !this.#registers && config.flag('use.latest.version');
    this.#strategies = { key: strategyOf(config, 'key'), value: strategyOf(config, 'value') };
  }

  /** Asks for what a value needs; nothing where it is known. What is refused is asked for again with the next value. */
  prepare(typed: Typed, target: WriteTarget): Promise<void> | undefined {
    if (typed.value === null && typed.schema?.default === undefined) return undefined;
    const { place, subject, text } = this.#placeOf(typed, target);
    const known = this.#known.get(place);
    if (known !== undefined && (!(known.found instanceof DataError) || isNew(known))) return undefined;
    const asking = this.#asked.get(place) ?? this.#ask(place, subject, text).finally(() => this.#asked.delete(place));
    this.#asked.set(place, asking);
    return asking;
  }

  write(typed: Typed, target: WriteTarget): Uint8Array | null {
    const value = given(typed);
    if (value === null) return null;
    const { place } = this.#placeOf(typed, target);
    const known = this.#known.get(place);
    if (known === undefined) throw new DataError('the Avro schema was not asked for');
    const { found } = known;
    if (found instanceof DataError) throw found;
    const out = new AvroBytes();
    try {
      writeAs(found.writer, out, value, `the ${target.part}`);
    } catch (error) {
      // The subject may have a newer schema, which the next value asks for.
      if (this.#usesLatest && !isNew(known)) this.#known.delete(place);
      throw error;
    }
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(found.id, 1);
    return out.behind(prefix);
  }

  async #ask(place: string, subject: string, text: string | undefined): Promise<void> {
    let found: Registered | DataError;
    try {
      found =
        text === undefined
          ? await this.#registry.latest(subject)
          : {
              id: await this.#registry.idOf(subject, text, this.#registers),
              writer: avroWriter(JSON.parse(text), new Map()),
            };
    } catch (error) {
      if (error instanceof TargetUnavailable || error instanceof ConfigError) throw error;
      found = error instanceof DataError ? error : new DataError(String(error), { cause: error });
    }
    const [oldest] = this.#known.size < mostSubjects ? [] : this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(place, { found, at: systemClock.monotonic() });
  }

  #placeOf(typed: Typed, { topic, part }: WriteTarget): { place: string; subject: string; text: string | undefined } {
    const { schema } = typed;
    const strategy = this.#strategies[part];
    const name = schema?.name;
    if (strategy !== 'TopicNameStrategy' && name === undefined)
      throw new DataError(`${part}.subject.name.strategy is ${strategy}, and the record's schema has no name`);
    const subject =
      strategy === 'TopicNameStrategy'
        ? `${topic}-${part}`
        : strategy === 'RecordNameStrategy'
          ? String(name)
          : `${topic}-${name}`;
    if (this.#usesLatest) return { place: subject, subject, text: undefined };
    if (schema === null)
      throw new DataError(
        `the ${part} has no schema, and Avro needs one. Register it under ${subject}, and set ${part}.converter.auto.register.schemas=false and ${part}.converter.use.latest.version=true`,
      );
    const text = this.#textOf(schema);
    return { place: `${subject}\n${text}`, subject, text };
  }

  #textOf(schema: Schema): string {
    const known = this.#texts.get(schema);
    if (known !== undefined) return known;
    const text = JSON.stringify(avroSchemaOf(schema));
    this.#texts.set(schema, text);
    return text;
  }
}

function isNew({ at }: Answer): boolean {
  return systemClock.monotonic() - at < rememberMs;
}

/** The value, or its schema's default for null. */
function given({ schema, value }: Typed): Value {
  if (value !== null || schema === null) return value;
  if (schema.default !== undefined) return schema.default;
  if (schema.optional === true) return nothing.value;
  throw new DataError('the value is null, and its schema requires one');
}

function strategyOf(config: Config, part: WriteTarget['part']): Strategy {
  const name = `${part}.subject.name.strategy`;
  const wanted = config.text(name);
  const found = strategies.find((strategy) => wanted === strategy || wanted.endsWith(`.${strategy}`));
  if (found === undefined)
    throw new ConfigError(`${name} is ${JSON.stringify(wanted)}. Use one of: ${strategies.join(', ')}`);
  return found;
}
