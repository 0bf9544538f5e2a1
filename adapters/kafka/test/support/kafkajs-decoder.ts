import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** A record as kafkajs reads it. */
export interface KafkajsRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[] | null>>;
  readonly isControlRecord: boolean;
}

interface Decoder {
  readonly offset: number;
}

const KafkajsDecoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
const decodeMessages = load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as (
  decoder: Decoder,
) => Promise<readonly KafkajsRecord[]>;

/** Gives kafkajs the codecs of the packages, as an application does that reads with it. */
export function registerKafkajsCodecs(): void {
  const { Codecs } = load('kafkajs/src/protocol/message/compression') as { readonly Codecs: Record<number, unknown> };
  const snappy = load('kafkajs-snappy') as () => unknown;
  const Lz4 = load('kafkajs-lz4') as new () => { readonly codec: unknown };
  Codecs[2] = snappy;
  Codecs[3] = new Lz4().codec;
}

/** The records of one partition of an answer, as kafkajs reads them. */
export async function readByKafkajs(log: Buffer): Promise<readonly KafkajsRecord[]> {
  const size = Buffer.alloc(4);
  size.writeInt32BE(log.length);
  return decodeMessages(new KafkajsDecoder(Buffer.concat([size, log])));
}
