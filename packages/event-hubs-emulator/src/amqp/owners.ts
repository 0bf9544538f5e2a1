import { ServiceError } from '../service-error.ts';

/** One receiver of a group's partition. */
export interface Reader {
  readonly ownerLevel: number | undefined;
  /** For messages to the readers that it displaces. */
  readonly name: string;
  disconnect(error: ServiceError): void;
}

/** Who reads a partition for a group: one with an owner level, or a few without. */
export class Owners {
  readonly #readers = new Map<string, Set<Reader>>();
  readonly #sharedReaders: number;

  /** `sharedReaders`: how many without an owner level may read one partition for one group. */
  constructor(sharedReaders: number) {
    this.#sharedReaders = sharedReaders;
  }

  /**
   * Lets the reader in and throws out everyone that an equal or higher owner level displaces; the result lets it go.
   * Throws {@link ServiceError}, without effect, where a higher level reads already or there are too many without one.
   */
  enter(place: string, reader: Reader): () => void {
    const present = this.#readers.get(place) ?? new Set<Reader>();
    const level = reader.ownerLevel;
    const highest = Math.max(-1, ...[...present].map((other) => other.ownerLevel ?? -1));
    if (level === undefined) this.#admitShared(place, present, highest);
    else {
      if (level < highest) throw stolen(place, highest, reader);
      for (const other of present) other.disconnect(stolen(place, level, other));
      present.clear();
    }
    present.add(reader);
    this.#readers.set(place, present);
    return () => {
      present.delete(reader);
      if (present.size === 0 && this.#readers.get(place) === present) this.#readers.delete(place);
    };
  }

  #admitShared(place: string, present: ReadonlySet<Reader>, highest: number): void {
    if (highest >= 0)
      throw new ServiceError(
        'amqp:link:stolen',
        `Receiver cannot be created without an epoch: '${place}' has one with epoch '${highest}'.`,
      );
    if (present.size >= this.#sharedReaders)
      throw new ServiceError(
        'amqp:resource-limit-exceeded',
        `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${this.#sharedReaders}.`,
      );
  }
}

function stolen(place: string, level: number, reader: Reader): ServiceError {
  return new ServiceError(
    'amqp:link:stolen',
    `New receiver with higher epoch of '${level}' is created hence current receiver '${reader.name}' with epoch '${reader.ownerLevel ?? 'none'}' at '${place}' is getting disconnected.`,
  );
}
