import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressionTypes, compressor, whyNot } from '../src/client/codecs.ts';
import { type Holder, Unpacker } from '../src/client/unpacker.ts';
import { unpack } from '../src/client/unpack.ts';
import { WireError } from '../src/client/wire-error.ts';

const { gzip, snappy, lz4, zstd } = compressionTypes;
const megabyte = 1_048_576;
const text = Buffer.from('the same words again and again, and then some others. '.repeat(2_000));

async function failureOf(codec: number, input: Buffer, limit = megabyte): Promise<string> {
  const error: unknown = await unpack(codec, input, limit).then(
    () => 'unpacked',
    (thrown: unknown) => thrown,
  );
  return error instanceof WireError ? error.failure : String(error);
}

function uint32(value: number, littleEndian = true): Buffer {
  const bytes = Buffer.alloc(4);
  if (littleEndian) bytes.writeUInt32LE(value >>> 0);
  else bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** As snappy-java writes it: blocks of its own, each with its length. */
async function framed(...parts: Buffer[]): Promise<Buffer> {
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const blocks = await Promise.all(parts.map((part) => compressor('snappy').compress(part)));
  return Buffer.concat([header, ...blocks.flatMap((block) => [uint32(block.length, false), block])]);
}

/** An LZ4 frame of the given blocks; with their high bit set those lengths are of plain ones. */
function lz4Frame(flags: number, blocks: readonly Buffer[], { isPlain = false } = {}): Buffer {
  const size = (flags & 8) === 0 ? Buffer.alloc(0) : Buffer.alloc(8);
  const sum = Buffer.alloc((flags & 16) === 0 ? 0 : 4);
  const framedBlocks = blocks.flatMap((block) => [uint32(block.length | (isPlain ? 0x8000_0000 : 0)), block, sum]);
  const end = Buffer.alloc((flags & 4) === 0 ? 0 : 4);
  return Buffer.concat([
    uint32(0x184d2204),
    Buffer.from([0x40 | flags, 0x70]),
    size,
    Buffer.from([0]),
    ...framedBlocks,
    uint32(0),
    end,
  ]);
}

/** One block of one byte, many times. */
function lz4Run(length: number): Buffer {
  const rest = length - 1 - 4 - 15;
  return Buffer.concat([
    Buffer.from([0x1f, 0x61, 1, 0]),
    Buffer.alloc(Math.floor(rest / 255), 255),
    Buffer.from([rest % 255]),
  ]);
}

describe('unpacking', () => {
  it.each(['gzip', 'snappy', 'lz4'] as const)(
    'gives back what was packed by %s, up to the limit exactly',
    async (name) => {
      const packed = await compressor(name).compress(text);
      expect((await unpack(compressionTypes[name], packed, text.length)).equals(text)).toBe(true);
      expect(await failureOf(compressionTypes[name], packed, text.length - 1)).toBe('undecodable');
    },
  );

  it('takes snappy in the frames of Java’s clients, one after the other', async () => {
    const parts = [text, Buffer.from('short'), Buffer.alloc(0), text];
    const packed = Buffer.concat([await framed(...parts), await framed(text)]);
    expect((await unpack(snappy, packed, megabyte)).equals(Buffer.concat([...parts, text]))).toBe(true);
  });

  it('takes every form of an LZ4 frame, and copies that reach into the block before', async () => {
    const block = Buffer.concat([Buffer.from([0xf0, text.length > 270 ? 255 : 0, 0]), text.subarray(0, 270)]);
    const copy = Buffer.from([0x06, 14, 1, 0x00]);
    for (const flags of [0, 4, 8, 16, 4 | 8 | 16 | 32]) {
      const frame = lz4Frame(flags, [block, copy]);
      const expected = Buffer.concat([text.subarray(0, 270), text.subarray(0, 10)]);
      expect((await unpack(lz4, frame, megabyte)).equals(expected)).toBe(true);
    }
    const skipped = Buffer.concat([uint32(0x184d2a53), uint32(3), Buffer.from('abc')]);
    const plain = Buffer.concat([skipped, lz4Frame(0, [text], { isPlain: true }), lz4Frame(0, [lz4Run(1_000)])]);
    expect((await unpack(lz4, plain, megabyte)).equals(Buffer.concat([text, Buffer.alloc(1_000, 'a')]))).toBe(true);
  });

  it('stops at the limit, and holds no more than that meanwhile', async () => {
    const most = 512 * megabyte;
    const bombs = [
      [gzip, gzipSync(Buffer.alloc(most))],
      [
        lz4,
        lz4Frame(
          0,
          Array.from({ length: 128 }, () => lz4Run(4 * megabyte)),
        ),
      ],
      [snappy, Buffer.from([0x80, 0x80, 0x80, 0x80, 0x02, 0x00, 0x61, 0xfe, 1, 0])],
    ] as const;
    const before = process.resourceUsage().maxRSS;
    for (const [codec, bomb] of bombs) expect([codec, await failureOf(codec, bomb)]).toEqual([codec, 'undecodable']);
    expect((process.resourceUsage().maxRSS - before) * 1_024).toBeLessThan(64 * megabyte);
    await expect(unpack(gzip, bombs[0][1], megabyte)).rejects.toThrow(/1048576 bytes.*maxUnpackedBytes/);
  });

  it('refuses what is cut off or changed, at every byte', async () => {
    const sources = [
      [gzip, await compressor('gzip').compress(text.subarray(0, 300))],
      [snappy, await compressor('snappy').compress(text.subarray(0, 300))],
      [snappy, await framed(text.subarray(0, 300))],
      [lz4, await compressor('lz4').compress(text.subarray(0, 300))],
    ] as const;
    for (const [codec, packed] of sources)
      for (let length = 1; length < packed.length; length++) {
        // A frame may end behind its header, and its checksum may miss.
        const failure = await failureOf(codec, packed.subarray(0, length));
        if (failure !== 'unpacked') expect([codec, length, failure]).toEqual([codec, length, 'malformed']);
        const changed = Buffer.from(packed);
        changed[length] = (changed[length] ?? 0) ^ 0xff;
        expect(['malformed', 'undecodable', 'unpacked']).toContain(await failureOf(codec, changed));
      }
  });

  it('unpacks zstd up to the limit, or says what it needs where Node does not have it', async () => {
    const { zstdCompressSync: compress } = createRequire(import.meta.url)('node:zlib') as {
      readonly zstdCompressSync?: (bytes: Buffer) => Buffer;
    };
    if (compress === undefined) {
      await expect(unpack(zstd, text, megabyte)).rejects.toThrow(/zstd needs Node 22\.15 or newer/);
      return;
    }
    const packed = compress(text);
    expect((await unpack(zstd, packed, text.length)).equals(text)).toBe(true);
    expect(await failureOf(zstd, packed, text.length - 1)).toBe('undecodable');
    expect(await failureOf(zstd, compress(Buffer.alloc(64 * megabyte)))).toBe('undecodable');
    expect(await failureOf(zstd, text)).toBe('malformed');
  });
});

describe('an unpacker', () => {
  const packed = gzipSync(Buffer.alloc(400));
  const holder = (): Holder & { dropped: number } => ({
    dropped: 0,
    drop() {
      this.dropped++;
    },
  });

  it('keeps what all partitions hold within the limit: the one held longest gives way', async () => {
    const unpacker = new Unpacker(1_000);
    const [a, b, c] = [holder(), holder(), holder()];
    await Promise.all([a, b, c].map((each) => unpacker.unpack(each, gzip, packed)));
    expect([a.dropped, b.dropped, c.dropped]).toEqual([1, 0, 0]);
    unpacker.release(b);
    await unpacker.unpack(a, gzip, packed);
    expect([a.dropped, b.dropped, c.dropped]).toEqual([1, 0, 0]);
  });

  it('goes on after what could not be unpacked', async () => {
    const unpacker = new Unpacker(1_000);
    const results = await Promise.allSettled([
      unpacker.unpack(holder(), gzip, Buffer.from('none')),
      unpacker.unpack(holder(), gzip, packed),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});

describe('a codec that cannot be had', () => {
  it('is asked for where its package is missing', () => {
    const missing = Object.assign(new Error("Cannot find module 'kafkajs-lz4'\nRequire stack:\n- x"), {
      code: 'MODULE_NOT_FOUND',
    });
    expect(whyNot('kafkajs-lz4', 'lz4', missing)).toBe(
      'lz4 needs the package kafkajs-lz4. Install it: npm install kafkajs-lz4',
    );
  });

  it('says the reason where the package is there and does not load', () => {
    const built = Object.assign(new Error('lz4.node was compiled against a different Node.js version\nmore'), {
      code: 'ERR_DLOPEN_FAILED',
    });
    const message = whyNot('kafkajs-lz4', 'lz4', built);
    expect(message).toContain('compiled against a different Node.js version');
    expect(message).toContain('npm rebuild');
    expect(message).not.toContain('npm install');
    const inner = Object.assign(new Error("Cannot find module 'lz4'\nRequire stack:\n- kafkajs-lz4"), {
      code: 'MODULE_NOT_FOUND',
    });
    expect(whyNot('kafkajs-lz4', 'lz4', inner)).toContain("Cannot find module 'lz4'");
  });
});
