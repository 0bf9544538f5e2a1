import { readFile, writeFile } from 'node:fs/promises';

/**
 * Removes records of a shard before a sequence number from the streams that kinesis-local saved, as retention does on AWS:
 * it never does so itself.
 */
export async function trimSaved(file: string, stream: string, shard: string, before: string): Promise<void> {
  const saved: unknown = JSON.parse(await readFile(file, 'utf8'));
  const streams = entriesOf(entriesOf(saved).find(([name]) => name === 'streams')?.[1]);
  const [, found] = streams.find(([arn]) => arn.endsWith(`:stream/${stream}`)) ?? [];
  if (!isRecord(found) || !isRecord(found['shards'])) throw new Error(`no stream ${stream} was saved in ${file}`);
  for (const [key, records] of Object.entries(found['shards'])) {
    // Each shard stands under its whole description.
    if (!key.includes(`"${shard}"`) || !Array.isArray(records)) continue;
    found['shards'][key] = records.filter((record: unknown) => sequenceOf(record) >= BigInt(before));
    await writeFile(file, JSON.stringify(saved));
    return;
  }
  throw new Error(`no shard ${shard} of stream ${stream} was saved in ${file}`);
}

function sequenceOf(record: unknown): bigint {
  return isRecord(record) ? BigInt(String(record['SequenceNumber'])) : 0n;
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isRecord(value) ? Object.entries(value) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
