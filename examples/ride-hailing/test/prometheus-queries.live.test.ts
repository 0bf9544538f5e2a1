import { startPrometheus } from '@isostream/emulators';
import { alerts, panels, spelled } from '@isostream/prometheus/rules';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createObserving } from '../src/observing.ts';
import { runCity } from '../src/run-city.ts';

const answer = z.object({ status: z.string(), data: z.object({ result: z.array(z.unknown()) }) });

it('a real Prometheus has data for every panel after a run of the example, and understands every alert', async () => {
  const observing = createObserving();
  let prometheus: Awaited<ReturnType<typeof startPrometheus>> | undefined;
  const query = async (text: string): Promise<readonly unknown[]> => {
    const url = `${prometheus?.url}/api/v1/query?query=${encodeURIComponent(text.replaceAll('$__rate_interval', '1m'))}`;
    const { status, data } = answer.parse(await (await fetch(url)).json());
    expect([text, status]).toEqual([text, 'success']);
    return data.result;
  };
  try {
    await runCity({
      url: 'memory:measured-city',
      drivers: 20,
      riders: 60,
      paceMs: 20,
      say: () => undefined,
      observing,
      observed: async ({ metrics }) => {
        prometheus = await startPrometheus({ targets: [new URL(metrics).host] });
      },
      atEnd: async () => {
        const empty = new Set(panels);
        // A rate needs two samples of a counter; the time limit of the test is the only one.
        while (empty.size > 0) {
          for (const panel of empty)
            if ((await query(panel.expression(spelled('collector')))).length > 0) empty.delete(panel);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
        for (const { expression } of alerts) await query(expression(spelled('collector')));
      },
    });
  } finally {
    await prometheus?.stop();
    await observing.close();
  }
});
