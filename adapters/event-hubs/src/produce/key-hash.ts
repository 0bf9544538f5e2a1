// oxlint-disable unicorn/prefer-math-trunc -- arithmetic of 32 bits, which wraps

/**
 * The partition that the service itself gives a partition key: Bob Jenkins' lookup3 (`hashlittle2`, both seeds 0) over the
 * UTF-8 bytes, its two words folded to 16 bits, modulo the number of partitions. Source: PartitionKeyResolver of
 * Azure.Messaging.EventHubs.
 */
export function partitionOf(key: string | Uint8Array, partitions: number): number {
  const [c, b] = lookup3(typeof key === 'string' ? Buffer.from(key) : key);
  return Math.abs((((c ^ b) << 16) >> 16) % partitions);
}

function lookup3(key: Uint8Array): readonly [c: number, b: number] {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  let a = (0xdeadbeef + key.byteLength) | 0;
  let b = a;
  let c = a;
  let at = 0;
  for (; key.byteLength - at > 12; at += 12) {
    a = (a + view.getInt32(at, true)) | 0;
    b = (b + view.getInt32(at + 4, true)) | 0;
    c = (c + view.getInt32(at + 8, true)) | 0;
    a = (a - c) ^ rotated(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotated(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotated(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotated(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotated(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotated(b, 4);
    b = (b + a) | 0;
  }
  // Only an empty key leaves nothing: then its words stay as they began.
  if (key.byteLength === 0) return [c, b];
  const rest = new DataView(new ArrayBuffer(12));
  for (let index = at; index < key.byteLength; index++) rest.setUint8(index - at, key[index] ?? 0);
  a = (a + rest.getInt32(0, true)) | 0;
  b = (b + rest.getInt32(4, true)) | 0;
  c = (c + rest.getInt32(8, true)) | 0;
  c = ((c ^ b) - rotated(b, 14)) | 0;
  a = ((a ^ c) - rotated(c, 11)) | 0;
  b = ((b ^ a) - rotated(a, 25)) | 0;
  c = ((c ^ b) - rotated(b, 16)) | 0;
  a = ((a ^ c) - rotated(c, 4)) | 0;
  b = ((b ^ a) - rotated(a, 14)) | 0;
  c = ((c ^ b) - rotated(b, 24)) | 0;
  return [c, b];
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
