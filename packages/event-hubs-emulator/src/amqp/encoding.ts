/** The little of AMQP's type system that messages need without being decoded: where values end, and a few scalars. */

/** The end of the encoded value at `at`. Throws `RangeError` where the bytes end before it. */
function endOf(bytes: Buffer, at: number): number {
  const code = bytes.readUInt8(at);
  if (code === 0) return endOf(bytes, endOf(bytes, at + 1));
  const end = at + 1 + widthOf(bytes, at, code >> 4);
  if (end > bytes.length) throw new RangeError(`a value at ${at} ends behind the message`);
  return end;
}

function widthOf(bytes: Buffer, at: number, width: number): number {
  switch (width) {
    case 0x4:
      return 0;
    case 0x5:
      return 1;
    case 0x6:
      return 2;
    case 0x7:
      return 4;
    case 0x8:
      return 8;
    case 0x9:
      return 16;
    case 0xa:
    case 0xc:
    case 0xe:
      return 1 + bytes.readUInt8(at + 1);
    case 0xb:
    case 0xd:
    case 0xf:
      return 4 + bytes.readUInt32BE(at + 1);
    default:
      throw new RangeError(`no AMQP value begins with 0x${bytes.readUInt8(at).toString(16)}`);
  }
}

/** One section of a message: its descriptor's code, and where its value lies. */
export interface Section {
  readonly code: number;
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

export function sectionsOf(bytes: Buffer): Section[] {
  const sections: Section[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.readUInt8(at) !== 0) throw new RangeError(`no section begins at ${at}`);
    const value = endOf(bytes, at + 1);
    const end = endOf(bytes, value);
    sections.push({ code: descriptorOf(bytes, at + 1), start: at, value, end });
    at = end;
  }
  return sections;
}

function descriptorOf(bytes: Buffer, at: number): number {
  const code = bytes.readUInt8(at);
  if (code === 0x53) return bytes.readUInt8(at + 1);
  if (code === 0x80) return Number(bytes.readBigUInt64BE(at + 1));
  throw new RangeError('a section has no numeric descriptor');
}

/** Keys and values of an encoded map, as ranges of its bytes. */
export function* entriesOf(bytes: Buffer, at: number): Generator<readonly [key: number, value: number, end: number]> {
  const code = bytes.readUInt8(at);
  if (code === 0x40) return;
  if (code !== 0xc1 && code !== 0xd1) throw new RangeError('annotations are not a map');
  const wide = code === 0xd1;
  const count = wide ? bytes.readUInt32BE(at + 5) : bytes.readUInt8(at + 2);
  let key = at + (wide ? 9 : 3);
  for (let index = 0; index < count; index += 2) {
    const value = endOf(bytes, key);
    const end = endOf(bytes, value);
    yield [key, value, end];
    key = end;
  }
}

/** The content of a binary, string or symbol. */
export function contentOf(bytes: Buffer, at: number): Buffer {
  const width = bytes.readUInt8(at) >> 4;
  if (width !== 0xa && width !== 0xb) throw new RangeError(`no text or bytes at ${at}`);
  return bytes.subarray(at + (width === 0xa ? 2 : 5), endOf(bytes, at));
}

/** A whole number of any AMQP width; `undefined` for anything else. */
export function integerOf(bytes: Buffer, at: number): number | undefined {
  switch (bytes.readUInt8(at)) {
    case 0x43:
    case 0x44:
      return 0;
    case 0x50:
    case 0x52:
    case 0x53:
      return bytes.readUInt8(at + 1);
    case 0x51:
    case 0x54:
    case 0x55:
      return bytes.readInt8(at + 1);
    case 0x60:
      return bytes.readUInt16BE(at + 1);
    case 0x61:
      return bytes.readInt16BE(at + 1);
    case 0x70:
      return bytes.readUInt32BE(at + 1);
    case 0x71:
      return bytes.readInt32BE(at + 1);
    case 0x80:
      return Number(bytes.readBigUInt64BE(at + 1));
    case 0x81:
      return Number(bytes.readBigInt64BE(at + 1));
    default:
      return undefined;
  }
}

export function encodeSymbol(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xa3, text.length]), Buffer.from(text, 'ascii')]);
}

export function encodeString(text: string): Buffer {
  const content = Buffer.from(text, 'utf8');
  if (content.length < 256) return Buffer.concat([Buffer.from([0xa1, content.length]), content]);
  const head = Buffer.alloc(5);
  head.writeUInt8(0xb1);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

export function encodeLong(value: number): Buffer {
  return eight(0x81, value);
}

export function encodeTimestamp(ms: number): Buffer {
  return eight(0x83, ms);
}

function eight(code: number, value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(code);
  bytes.writeBigInt64BE(BigInt(value), 1);
  return bytes;
}

/** The head of an annotations section whose encoded entries follow. */
export function annotationsHead(code: number, entries: number, size: number): Buffer {
  const head = Buffer.from([0x00, 0x53, code, 0xd1, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(size + 4, 4);
  head.writeUInt32BE(entries * 2, 8);
  return head;
}
