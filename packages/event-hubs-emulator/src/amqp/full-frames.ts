import rhea from 'rhea';

/** A frame's performative as rhea holds it: its fields in order, those behind the last one set left out. */
interface Performative {
  readonly value: unknown[];
}

/** What rhea calls for every frame that it writes. */
export interface FrameWriter {
  ['_write_frame'](channel: number, performative: Performative | undefined, payload: unknown): void;
}

/**
 * Writes every field of every frame, null where it is not set. AMQP lets a sender leave out trailing ones, and rhea does;
 * the service does not, and Microsoft's Python client counts on that.
 */
export function writeFullFrames(connection: FrameWriter): void {
  const original = connection['_write_frame'].bind(connection);
  connection['_write_frame'] = (channel, performative, payload) => {
    if (performative !== undefined) pad(performative);
    original(channel, performative, payload);
  };
}

function pad(performative: Performative): void {
  const { value } = performative;
  for (let index = value.length; index < fieldsOf(performative); index += 1) value[index] = rhea.types.wrap(null);
  // A field that was skipped is a hole, which is not yet null.
  for (let index = 0; index < value.length; index += 1) value[index] ??= rhea.types.wrap(null);
}

/** Fields are what rhea gives a performative's prototype as accessors. */
function fieldsOf(performative: object): number {
  const prototype: unknown = Object.getPrototypeOf(performative);
  const known = fieldCounts.get(prototype);
  if (known !== undefined) return known;
  const properties = Object.values(Object.getOwnPropertyDescriptors(prototype));
  const count = properties.filter((property) => property.set !== undefined).length;
  fieldCounts.set(prototype, count);
  return count;
}

const fieldCounts = new Map<unknown, number>();
