import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { kafkajsInternals } from './kafkajs-internals.ts';
import type { Compressor } from './produce-body.ts';
import { type Compression, WireError } from './wire.ts';

/** Kafka's numbers for compression, in the attributes of a record batch. */
const compressionTypes: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

type Callback = (buffer: Buffer, done: (error: Error | null, result: Buffer) => void) => void;

let registered = false;

/** Gives kafkajs its codecs, each loaded when a batch first needs it, or an error that says what to install. */
export function registerCodecs(): void {
  if (registered) return;
  registered = true;
  const { codecs } = kafkajsInternals();
  codecs[compressionTypes.snappy] = once(() => requirePackage('kafkajs-snappy', 'snappy')());
  codecs[compressionTypes.lz4] = once(() => new (requirePackage('kafkajs-lz4', 'lz4'))().codec());
  codecs[compressionTypes.zstd] = once(zstd);
}

/** What compresses the records of a batch. Throws a `codec` error that says what to install. */
export function compressor(compression: Exclude<Compression, 'none'>): Compressor {
  const type = compressionTypes[compression];
  const codec = kafkajsInternals().codecs[type]?.() as Codec;
  return { type, compress: (records) => codec.compress({ buffer: records }) };
}

function once(load: () => Codec): () => Codec {
  let codec: Codec | undefined;
  return () => (codec ??= load());
}

/** kafkajs-lz4 exports a class with a method that makes the codec, kafkajs-snappy that method alone. */
interface Packages {
  readonly 'kafkajs-snappy': () => Codec;
  readonly 'kafkajs-lz4': new () => { codec(): Codec };
}

function requirePackage<Name extends keyof Packages>(name: Name, compression: Compression): Packages[Name] {
  try {
    return createRequire(import.meta.url)(name) as Packages[Name];
  } catch (cause) {
    throw new WireError('codec', `${compression} needs the package ${name}. Install it: npm install ${name}`, {
      sent: 'no',
      cause,
    });
  }
}

function zstd(): Codec {
  // Absent from Node before 22.15, and from the types of Node 20.
  const compress: unknown = Reflect.get(zlib, 'zstdCompress');
  const decompress: unknown = Reflect.get(zlib, 'zstdDecompress');
  if (!isCallback(compress) || !isCallback(decompress))
    throw new WireError(
      'codec',
      `zstd needs Node 22.15 or newer, this is ${process.version}. Update Node, or choose another compression`,
      { sent: 'no' },
    );
  const [compressed, decompressed] = [promisify(compress), promisify(decompress)];
  return { compress: (encoder) => compressed(encoder.buffer), decompress: decompressed };
}

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function';
}
