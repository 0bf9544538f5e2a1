import { bounded } from '@isostream/core/adapter';
import { type PutResult, type Sink, type SinkRecord, TargetUnavailable } from '../sinks/sink.ts';

/** A bound for what hangs, not a measure. */
const hangMs = 10_000;
const mostCalls = 200;

/** The record of a key and a number, as it is in partition 0 of topic `rides`. */
export function recordOf(
  key: string,
  n: number,
  position: number,
  spoil?: (document: Map<string, unknown>) => void,
): SinkRecord {
  const document = new Map<string, string | bigint>([
    ['key', key],
    ['n', BigInt(n)],
  ]);
  spoil?.(document);
  return {
    topic: 'rides',
    key: { schema: null, value: key },
    value: { schema: null, value: document },
    headers: [],
    timestamp: Date.UTC(2026, 0, 1),
    origin: { topic: 'rides', partition: '0', position: String(position) },
    offset: BigInt(position),
    order: String(position).padStart(20, '0'),
  };
}

/** Numbers of several keys, in the order in which they are stored. */
export function recordsOf(keys: readonly string[], from: number, to: number): SinkRecord[] {
  const records: SinkRecord[] = [];
  for (let n = from; n < to; n++)
    for (const [at, key] of keys.entries()) records.push(recordOf(key, n, n * keys.length + at));
  return records;
}

/** What came of a delivery: the records that were refused, and what the sink did against its contract. */
export interface Delivered {
  readonly refused: readonly SinkRecord[];
  readonly findings: readonly string[];
}

/** Hands records over as the runner does: of each key one at a time, and again what is to come later. */
export async function deliver(sink: Sink, records: readonly SinkRecord[]): Promise<Delivered> {
  const refused: SinkRecord[] = [];
  const { signal } = new AbortController();
  let open = [...records];
  let isOpen = false;
  for (let calls = 0; open.length > 0; calls++) {
    if (calls === mostCalls)
      return { refused, findings: [`${open.length} records are not stored after ${calls} calls`] };
    const keys = new Set<unknown>();
    const batch = open.filter(({ key }) => !keys.has(key.value) && keys.add(key.value));
    let results: readonly PutResult[];
    try {
      if (!isOpen) await bounded('open', async () => sink.open?.(signal), hangMs);
      isOpen = true;
      results = await bounded('put', () => sink.put(batch, signal), hangMs);
    } catch (error) {
      if (error instanceof TargetUnavailable) continue;
      return { refused, findings: [`threw ${String(error)}, which ends the connector`] };
    }
    if (results.length !== batch.length)
      return { refused, findings: [`gave ${results.length} results for ${batch.length} records`] };
    const done = new Set(batch.filter((_, at) => results[at]?.state !== 'later'));
    refused.push(...batch.filter((_, at) => results[at]?.state === 'refused'));
    open = open.filter((record) => !done.has(record));
  }
  return { refused, findings: [] };
}

/** What is wrong where nothing may be refused. */
export function wrongIn({ refused, findings }: Delivered): readonly string[] {
  if (refused.length === 0) return findings;
  const named = refused.map(({ origin }) => origin.position).join();
  return [...findings, `refused records that are not bad, at ${named}`];
}
