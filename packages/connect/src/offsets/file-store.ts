import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../config/definition.ts';
import { offsetId, placeOf, type SourceOffset } from './place.ts';
import type { OffsetStore } from './store.ts';

const format = 'isostream connect offsets 1';
const property = 'offset.storage.file.filename';

/** Offsets in one file of JSON, which is replaced as a whole: a crash leaves the old one or the new one. */
export function fileOffsets(file: string): OffsetStore {
  return {
    name: `the offset file ${file}`,
    read: () => readOffsets(file),
    async write(offsets) {
      // Read again: what another worker stored for connectors of its own stays.
      const all = new Map((await readOffsets(file)).map((offset) => [offsetId(offset), offset]));
      for (const offset of offsets) all.set(offsetId(offset), offset);
      const lines = [...all.values()].map((offset) => `    ${JSON.stringify(offset)}`);
      await replace(file, `{\n  "format": "${format}",\n  "offsets": [\n${lines.join(',\n')}\n  ]\n}\n`);
    },
  };
}

async function readOffsets(file: string): Promise<readonly SourceOffset[]> {
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  if (content.byteLength === 0) return [];
  // The first bytes of whatever Java serialises.
  if (content[0] === 0xac && content[1] === 0xed)
    throw new ConfigError(
      `${property} names ${file}, which is an offset file of Kafka Connect itself (a serialised Java map): it is neither read nor overwritten. Give another file. Sources then start over; to go on where Kafka Connect was, write the positions that it has (GET /connectors/<name>/offsets) into the new file`,
    );
  const offsets = parsed(content.toString());
  if (offsets === undefined)
    throw new ConfigError(
      `${property} names ${file}, which is not a file of offsets of isostream: it is not overwritten. Give another file, or restore it`,
    );
  return offsets;
}

function parsed(text: string): readonly SourceOffset[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || !('format' in json) || json.format !== format) return undefined;
  if (!('offsets' in json) || !Array.isArray(json.offsets)) return undefined;
  const offsets: SourceOffset[] = [];
  for (const entry of json.offsets as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null || !('connector' in entry)) return undefined;
    const { connector } = entry;
    const partition = 'partition' in entry ? placeOf(entry.partition) : undefined;
    const offset = 'offset' in entry ? placeOf(entry.offset) : undefined;
    if (typeof connector !== 'string' || partition === undefined || offset === undefined) return undefined;
    offsets.push({ connector, partition, offset });
  }
  return offsets;
}

async function replace(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const next = `${file}.next`;
  const handle = await open(next, 'w');
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
  // The new name survives a crash of the machine, too; not every system can do that for a folder.
  const folder = await open(dirname(file), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
