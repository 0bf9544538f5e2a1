import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { malformed } from './answer-reader.ts';
import { compressionTypes, zlibFunction } from './codecs.ts';
import { Lz4 } from './lz4.ts';
import { Snappy } from './snappy.ts';
import { tooLarge, type Unpacking } from './unpacking.ts';
import { WireError } from './wire-error.ts';

/** Some milliseconds of work. */
const pieceBytes = 1_048_576;

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);

/**
 * Unpacks what was compressed with one of Kafka's codecs. Throws `undecodable` where it is larger than the limit, which is
 * noticed before more than that is held; `malformed` where the bytes are not what the codec writes; `codec` where this
 * Node cannot do it.
 */
export async function unpack(codec: number, input: Buffer, limit: number): Promise<Buffer> {
  switch (codec) {
    case compressionTypes.gzip:
      return byZlib(() => gunzip(input, { maxOutputLength: limit }), limit);
    case compressionTypes.snappy:
      return inPieces(new Snappy(input, limit));
    case compressionTypes.lz4:
      return inPieces(new Lz4(input, limit));
    case compressionTypes.zstd: {
      const decompress = promisify<Buffer, object, Buffer>(zlibFunction('zstdDecompress'));
      return byZlib(() => decompress(input, { maxOutputLength: limit }), limit);
    }
    default:
      throw new WireError(
        'undecodable',
        `is compressed by codec ${codec}, which this version of isostream does not know. Update it`,
        { sent: 'no' },
      );
  }
}

async function byZlib(work: () => Promise<Buffer>, limit: number): Promise<Buffer> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw malformed(cause instanceof Error ? cause.message : String(cause));
  }
}

async function inPieces(unpacking: Unpacking): Promise<Buffer> {
  while (!unpacking.run(pieceBytes)) await setImmediate();
  return unpacking.output;
}
