import { type CostPlan, measureCost } from '../cost/bench.ts';
import type { Bench } from '../bench.ts';
import type { Row } from '../row.ts';
import { measureHotKeys } from './hot-keys.ts';
import { type AgainstRaw, measureConsume, measureSend } from './measure.ts';
import type { RawStage } from './raw-client.ts';

const measurements = { send: measureSend, 'hot-keys': measureHotKeys, consume: measureConsume };

export interface AgainstRawOptions extends Omit<AgainstRaw, 'rounds'> {
  readonly clients: readonly string[];
  readonly notes: readonly string[];
  readonly cost: CostPlan;
  readonly open: () => Promise<RawStage>;
}

/** A benchmark that starts a broker and holds isostream against the provider's own client. */
export function benchAgainstRaw({
  clients,
  notes,
  open,
  events,
  backlog = events,
  few,
  goals,
  cost,
}: AgainstRawOptions): Bench {
  return {
    measurements: Object.keys(measurements),
    clients,
    notes,
    async cost({ scale, rounds }) {
      await using stage = await open();
      return { broker: stage.description, rows: await measureCost(stage, cost, { scale, rounds }) };
    },
    async run({ only, scale, rounds }) {
      await using stage = await open();
      const rows: Row[] = [];
      for (const [name, measure] of Object.entries(measurements)) {
        if (only !== undefined && only !== name) continue;
        process.stderr.write(`measuring ${name}\n`);
        rows.push(
          ...(await measure(stage, {
            rounds,
            events: events * scale,
            backlog: backlog * scale,
            few: few * scale,
            goals,
          })),
        );
      }
      return { broker: stage.description, rows };
    },
  };
}
