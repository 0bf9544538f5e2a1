import { once } from 'node:events';
import { connect } from 'node:net';

/** What every client may send and read in a second, in bytes; absent: as much as it likes. */
export type KafkaQuotas = Readonly<Partial<Record<'producer_byte_rate' | 'consumer_byte_rate', number>>>;

const alterClientQuotas = 49;
const names = ['producer_byte_rate', 'consumer_byte_rate'] as const;

/** Sets what a broker grants to clients of any id, as `kafka-configs.sh` does, for which a Java process would have to start. */
export async function setKafkaQuotas(port: number, quotas: KafkaQuotas): Promise<void> {
  const answer = await exchange(port, [
    int16(alterClientQuotas),
    int16(0),
    int32(1),
    text('faults'),
    // One entity: the default of all client ids.
    int32(1),
    int32(1),
    text('client-id'),
    int16(-1),
    int32(names.length),
    ...names.flatMap((name) => [text(name), float64(quotas[name] ?? 0), int8(quotas[name] === undefined ? 1 : 0)]),
    int8(0),
  ]);
  // Correlation id, throttle time and the number of entities come before the first error code.
  const code = answer.readInt16BE(12);
  if (code !== 0) throw new Error(`the broker refused quotas with the error code ${code}`);
}

async function exchange(port: number, parts: readonly Buffer[]): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    const request = Buffer.concat(parts);
    socket.write(Buffer.concat([int32(request.length), request]));
    let received = Buffer.alloc(0);
    while (received.length < 4 || received.length < 4 + received.readInt32BE(0)) {
      const chunks: readonly unknown[] = await once(socket, 'data');
      received = Buffer.concat([received, ...chunks.filter((chunk) => Buffer.isBuffer(chunk))]);
    }
    return received.subarray(4);
  } finally {
    socket.destroy();
  }
}

function int8(value: number): Buffer {
  return Buffer.from([value]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function float64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}
