import { type AddressInfo, createServer, type Socket } from 'node:net';

/** One request as it came. */
export interface Asked {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  /** All behind the number, with the client's name. */
  readonly body: Buffer;
}

/** Answers a request with the bytes behind its number, or does what it likes with the socket. */
export type Script = (asked: Asked, socket: Socket) => Buffer | undefined;

const apiVersionsKey = 18;

/** Something that listens as a broker does and answers as it is told. It says that it knows every request up to a high version. */
export class ScriptedBroker {
  readonly asked: Asked[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const end = 4 + bytes.readInt32BE(0);
        const asked = {
          apiKey: bytes.readInt16BE(4),
          apiVersion: bytes.readInt16BE(6),
          correlationId: bytes.readInt32BE(8),
          body: bytes.subarray(12, end),
        };
        bytes = bytes.subarray(end);
        this.asked.push(asked);
        const body = this.#script(asked, socket) ?? (asked.apiKey === apiVersionsKey ? apiVersions() : undefined);
        if (body !== undefined) socket.write(frame(asked.correlationId, body));
      }
    });
  }
}

export function frame(correlationId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 4);
  head.writeInt32BE(correlationId, 4);
  return Buffer.concat([head, body]);
}

/** Kafka's numbers of requests, from 0 on; each in all versions that a client may know. */
const requests = 80;

/** An ApiVersions answer: all requests in versions up to a high one, or one of them in others. */
export function apiVersions(apiKey = -1, min = 0, max = 0): Buffer {
  const body = Buffer.alloc(2 + 4 + requests * 6 + 4);
  body.writeInt32BE(requests, 2);
  for (let key = 0; key < requests; key++) {
    body.writeInt16BE(key, 6 + key * 6);
    body.writeInt16BE(key === apiKey ? min : 0, 6 + key * 6 + 2);
    body.writeInt16BE(key === apiKey ? max : 20, 6 + key * 6 + 4);
  }
  return body;
}

/** A Metadata answer, version 6, that names this broker as the leader of one partition. */
export function metadata(port: number, topic: string): Buffer {
  const broker = Buffer.concat([int32(1), text('127.0.0.1'), int32(port), int16(-1)]);
  const partition = Buffer.concat([int16(0), int32(0), int32(1), int32(1), int32(1), int32(1), int32(1), int32(0)]);
  const topics = Buffer.concat([int32(1), int16(0), text(topic), Buffer.from([0]), int32(1), partition]);
  return Buffer.concat([int32(0), int32(1), broker, int16(-1), int32(1), topics]);
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A ListOffsets answer, version 3, for partition 0. */
export function listOffsets(topic: string, offset: number, error = 0): Buffer {
  const partition = Buffer.concat([int32(0), int16(error), int64(-1n), int64(BigInt(offset))]);
  return Buffer.concat([int32(0), int32(1), text(topic), int32(1), partition]);
}

/** A Fetch answer, version 11, for partition 0. */
export function fetched(topic: string, end: number, log: Buffer, error = 0): Buffer {
  const head = Buffer.concat([int32(0), int16(0), int32(0), int32(1), text(topic), int32(1)]);
  const offsets = Buffer.concat([int64(BigInt(end)), int64(BigInt(end)), int64(0n)]);
  return Buffer.concat([head, int32(0), int16(error), offsets, int32(0), int32(-1), int32(log.length), log]);
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int16(value.length), Buffer.from(value)]);
}
