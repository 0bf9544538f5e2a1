/** What an application says of an event, and the event. */
export interface OutgoingMessage {
  readonly contentType: string | undefined;
  /** Names and values; a name may repeat. */
  readonly properties: readonly (readonly [name: string, value: string | Uint8Array])[];
  /** `null` is AMQP's own null. */
  readonly body: Uint8Array | null;
}

/** Fields of the section `properties` in front of the type of the content, which are null. */
const fieldsBefore = 6;

/**
 * Messages as one batch, each a message of its own in a section `data`: what the service takes apart again. Written in one
 * pass into one buffer, because the AMQP layer makes a writer and several copies for each part of each message.
 */
export function encodeBatch(messages: readonly OutgoingMessage[]): Buffer {
  const sizes = messages.map(sizesOf);
  let total = 0;
  for (const { message } of sizes) total += sectionHead + message;
  const writer = new Writer(total);
  for (const [index, message] of messages.entries()) {
    const size = sizes[index] ?? sizesOf(message);
    writer.section(0x75);
    writer.head(0xa0, size.message, true);
    write(writer, message, size);
  }
  return writer.bytes;
}

interface Sizes {
  /** What lists and maps hold, without their own sizes and counts. */
  readonly properties: number;
  readonly application: number;
  readonly message: number;
}

/** A descriptor of a section, and the head of a long binary. */
const sectionHead = 3 + 5;

function sizesOf(message: OutgoingMessage): Sizes {
  let properties = 0;
  let application = 0;
  let size = 0;
  if (message.contentType !== undefined) {
    properties = fieldsBefore + variable(message.contentType.length);
    size += 3 + compoundHead(properties) + properties;
  }
  if (message.properties.length > 0) {
    for (const [name, value] of message.properties) application += variable(lengthOf(name)) + variable(lengthOf(value));
    size += 3 + compoundHead(application, message.properties.length * 2) + application;
  }
  size += 3 + (message.body === null ? 1 : variable(message.body.byteLength));
  return { properties, application, message: size };
}

function write(writer: Writer, { contentType, properties, body }: OutgoingMessage, sizes: Sizes): void {
  if (contentType !== undefined) {
    writer.section(0x73);
    writer.compound(0xc0, sizes.properties, fieldsBefore + 1);
    for (let field = 0; field < fieldsBefore; field++) writer.byte(0x40);
    writer.text(0xa3, contentType);
  }
  if (properties.length > 0) {
    writer.section(0x74);
    writer.compound(0xc1, sizes.application, properties.length * 2);
    for (const [name, value] of properties) {
      writer.text(0xa1, name);
      if (typeof value === 'string') writer.text(0xa1, value);
      else writer.binary(value);
    }
  }
  writer.section(body === null ? 0x77 : 0x75);
  if (body === null) writer.byte(0x40);
  else writer.binary(body);
}

function lengthOf(part: string | Uint8Array): number {
  return typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength;
}

function variable(length: number): number {
  return length < 256 ? length + 2 : length + 5;
}

/** Sizes count from behind themselves, and so hold the count; the short form has a byte for each. */
function isShort(size: number, count: number): boolean {
  return size + 1 < 256 && count < 256;
}

function compoundHead(size: number, count = fieldsBefore + 1): number {
  return isShort(size, count) ? 3 : 9;
}

class Writer {
  readonly bytes: Buffer;
  #at = 0;

  constructor(length: number) {
    this.bytes = Buffer.allocUnsafeSlow(length);
  }

  byte(value: number): void {
    this.bytes[this.#at++] = value;
  }

  section(code: number): void {
    this.byte(0x00);
    this.byte(0x53);
    this.byte(code);
  }

  /** The code of what has a length: the short form's, from which the long one's is 16 away. */
  head(code: number, length: number, isLong = length > 255): void {
    this.byte(isLong ? code + 0x10 : code);
    if (isLong) this.#uint32(length);
    else this.byte(length);
  }

  compound(code: number, size: number, count: number): void {
    if (isShort(size, count)) {
      this.head(code, size + 1, false);
      this.byte(count);
    } else {
      this.head(code, size + 4, true);
      this.#uint32(count);
    }
  }

  text(code: number, text: string): void {
    const length = Buffer.byteLength(text);
    this.head(code, length);
    // Short and plain is what names mostly are, and each call into the engine costs more than that.
    if (length === text.length && length < 24)
      for (let index = 0; index < length; index++) this.byte(text.charCodeAt(index));
    else {
      this.bytes.write(text, this.#at, length, 'utf8');
      this.#at += length;
    }
  }

  binary(bytes: Uint8Array): void {
    this.head(0xa0, bytes.byteLength);
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.byteLength;
  }

  #uint32(value: number): void {
    this.bytes.writeUInt32BE(value, this.#at);
    this.#at += 4;
  }
}
