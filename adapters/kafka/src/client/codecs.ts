import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Compressor } from './produce-body.ts';
import type { Compression } from './produce-request.ts';
import { WireError } from './wire-error.ts';

/** Kafka's numbers for compression, in the attributes of a record batch. */
export const compressionTypes: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

type Compress = Compressor['compress'];
type Codec = Exclude<Compression, 'none'>;

const loaded = new Map<Codec, Compress>();

/** What compresses the records of a batch, loaded when first needed. Throws a `codec` error that says what is missing. */
export function compressor(compression: Codec): Compressor {
  let compress = loaded.get(compression);
  if (compress === undefined) loaded.set(compression, (compress = load[compression]()));
  return { type: compressionTypes[compression], compress };
}

const load: Readonly<Record<Codec, () => Compress>> = {
  gzip: () => promisify<Buffer, Buffer>(zlib.gzip),
  snappy: () => byPackage(() => requirePackage('kafkajs-snappy', 'snappy')()),
  lz4: () => byPackage(() => new (requirePackage('kafkajs-lz4', 'lz4'))().codec()),
  zstd: () => promisify<Buffer, Buffer>(zlibFunction('zstdCompress')),
};

/** In the form of kafkajs's codecs, which take an encoder. */
interface PackagedCodec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
}

function byPackage(create: () => PackagedCodec): Compress {
  const codec = create();
  return (buffer) => codec.compress({ buffer });
}

/** kafkajs-lz4 exports a class with a method that makes the codec, kafkajs-snappy that method alone. */
interface Packages {
  readonly 'kafkajs-snappy': () => PackagedCodec;
  readonly 'kafkajs-lz4': new () => { codec(): PackagedCodec };
}

function requirePackage<Name extends keyof Packages>(name: Name, codec: Codec): Packages[Name] {
  try {
    return createRequire(import.meta.url)(name) as Packages[Name];
  } catch (cause) {
    throw new WireError('codec', whyNot(name, codec, cause), { sent: 'no', cause });
  }
}

/** A package that is there and does not load needs another cure than one that is not there. */
export function whyNot(name: string, codec: Codec, cause: unknown): string {
  const { message } = cause instanceof Error ? cause : new Error(String(cause));
  const reason = (message.split('\n')[0] ?? message).replace(/\.$/, '');
  const isMissing =
    cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND' && reason.includes(`'${name}'`);
  if (isMissing) return `${codec} needs the package ${name}. Install it: npm install ${name}`;
  return (
    `${codec} needs the package ${name}, which is installed and does not load on Node ${process.version}: ${reason}. ` +
    `If it was built for another Node, build it again: npm rebuild; or choose another compression`
  );
}

type ZlibFunction = (
  buffer: Buffer,
  ...rest: [...options: object[], done: (error: Error | null, result: Buffer) => void]
) => void;

/** Of zstd: absent from Node before 22.15, and from the types of Node 20. */
export function zlibFunction(name: 'zstdCompress' | 'zstdDecompress'): ZlibFunction {
  const found: unknown = Reflect.get(zlib, name);
  if (isFunction(found)) return found;
  throw new WireError(
    'codec',
    `zstd needs Node 22.15 or newer, this is ${process.version}. Update Node, or choose another compression`,
    { sent: 'no' },
  );
}

function isFunction(value: unknown): value is ZlibFunction {
  return typeof value === 'function';
}
