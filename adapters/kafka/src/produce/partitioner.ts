/**
 * The partition of a key, as Java's default partitioner has it: murmur2 of its bytes, sign bit cleared, modulo the
 * number of partitions. Source: org.apache.kafka.clients.producer.internals.BuiltInPartitioner, common.utils.Utils.murmur2.
 */
export function partitionOf(key: string | Uint8Array, partitions: number): number {
  return (murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff) % partitions;
}

const multiplier = 0x5bd1e995;

export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  const whole = length & ~3;
  let hash = 0x9747b28c ^ length;
  for (let index = 0; index < whole; index += 4) {
    let word =
      byte(bytes, index) |
      (byte(bytes, index + 1) << 8) |
      (byte(bytes, index + 2) << 16) |
      (byte(bytes, index + 3) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  if (length > whole) {
    for (let index = length - 1; index >= whole; index--) hash ^= byte(bytes, index) << (8 * (index - whole));
    hash = Math.imul(hash, multiplier);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

function byte(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
