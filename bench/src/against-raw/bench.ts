import type { Bench } from '../bench.ts';
import type { Row } from '../row.ts';
import { type AgainstRaw, measureConsume, measureSend } from './measure.ts';
import type { RawStage } from './raw-client.ts';

const measurements = { send: measureSend, consume: measureConsume };

export interface AgainstRawOptions extends Omit<AgainstRaw, 'rounds'> {
  readonly notes: readonly string[];
  readonly open: () => Promise<RawStage>;
}

/** A benchmark that starts a broker and holds isostream against the provider's own client. */
export function benchAgainstRaw({ notes, open, events, few, goals }: AgainstRawOptions): Bench {
  return {
    measurements: Object.keys(measurements),
    notes,
    async run({ only, scale, rounds }) {
      await using stage = await open();
      const rows: Row[] = [];
      for (const [name, measure] of Object.entries(measurements)) {
        if (only !== undefined && only !== name) continue;
        process.stderr.write(`measuring ${name}\n`);
        rows.push(...(await measure(stage, { rounds, events: events * scale, few: few * scale, goals })));
      }
      return { broker: stage.description, rows };
    },
  };
}
