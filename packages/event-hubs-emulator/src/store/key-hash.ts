/**
 * The partition that the service gives a key: Bob Jenkins' lookup3 over the key's UTF-8 bytes with seeds of zero, folded
 * to 16 bits and taken modulo the number of partitions.
 */
export function partitionOfKey(key: string, partitions: number): number {
  const [c, b] = lookup3(Buffer.from(key, 'utf8'));
  const folded = ((c ^ b) << 16) >> 16;
  return Math.abs(folded % partitions);
}

function lookup3(bytes: Buffer): readonly [c: number, b: number] {
  let a = int32(0xdeadbeef + bytes.length);
  let b = a;
  let c = a;
  let at = 0;
  while (bytes.length - at > 12) {
    a = int32(a + bytes.readInt32LE(at));
    b = int32(b + bytes.readInt32LE(at + 4));
    c = int32(c + bytes.readInt32LE(at + 8));
    [a, b, c] = mix(a, b, c);
    at += 12;
  }
  if (bytes.length === at) return [c, b];
  const tail = Buffer.alloc(12);
  bytes.copy(tail, 0, at);
  a = int32(a + tail.readInt32LE(0));
  b = int32(b + tail.readInt32LE(4));
  c = int32(c + tail.readInt32LE(8));
  return finish(a, b, c);
}

function mix(x: number, y: number, z: number): readonly [number, number, number] {
  let [a, b, c] = [x, y, z];
  a = (a - c) ^ rotate(c, 4);
  c = int32(c + b);
  b = (b - a) ^ rotate(a, 6);
  a = int32(a + c);
  c = (c - b) ^ rotate(b, 8);
  b = int32(b + a);
  a = (a - c) ^ rotate(c, 16);
  c = int32(c + b);
  b = (b - a) ^ rotate(a, 19);
  a = int32(a + c);
  c = (c - b) ^ rotate(b, 4);
  b = int32(b + a);
  return [a, b, c];
}

function finish(x: number, y: number, z: number): readonly [c: number, b: number] {
  let [a, b, c] = [x, y, z];
  c = int32((c ^ b) - rotate(b, 14));
  a = int32((a ^ c) - rotate(c, 11));
  b = int32((b ^ a) - rotate(a, 25));
  c = int32((c ^ b) - rotate(b, 16));
  a = int32((a ^ c) - rotate(c, 4));
  b = int32((b ^ a) - rotate(a, 14));
  c = int32((c ^ b) - rotate(b, 24));
  return [c, b];
}

/** Sums here are those of 32-bit registers. */
function int32(value: number): number {
  return value & 0xff_ff_ff_ff;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
