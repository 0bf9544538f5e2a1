import { parseArgs } from 'node:util';
import { startBroker } from '@isostream/emulators';
import { redact } from 'isostream';
import { createObserving } from './observing.ts';
import { type CityResult, runCity } from './run-city.ts';
import { startSinks } from './sinks.ts';

const { values } = parseArgs({
  options: {
    provider: { type: 'string', default: 'memory' },
    url: { type: 'string' },
    drivers: { type: 'string', default: '40' },
    riders: { type: 'string', default: '200' },
    pace: { type: 'string', default: '40' },
    observe: { type: 'boolean', default: false },
    sinks: { type: 'boolean', default: false },
  },
});

const started = performance.now();
const say = (text: string): void => console.log(`  ${text}`);

async function main(): Promise<void> {
  const { provider } = values;
  const broker =
    values.url === undefined && provider !== 'memory' ? await startBroker(provider, { progress: say }) : undefined;
  const url = values.url ?? broker?.url ?? `${provider}:`;
  const observing = values.observe ? createObserving() : undefined;
  const sinks = values.sinks ? await startSinks(say) : undefined;
  console.log(`Ride hailing on ${broker?.description ?? String(redact(url))}`);
  try {
    const result = await runCity({
      url,
      drivers: Number(values.drivers),
      riders: Number(values.riders),
      paceMs: Number(values.pace),
      say,
      ...(sinks === undefined ? {} : { sinks }),
      ...(observing === undefined
        ? {}
        : {
            observing,
            observed: (at) => {
              for (const path of ['/metrics', '/readyz', '/traces']) say(`curl ${at.metrics}${path}`);
              say(`console: ${at.console}`);
            },
            atEnd: async (ended) => {
              print(ended);
              say('metrics, traces and console stay until Ctrl-C');
              await interrupted();
            },
          }),
    });
    if (observing === undefined) print(result);
    process.exitCode = isGood(result) ? 0 : 1;
  } finally {
    await observing?.close();
    await sinks?.close();
    await broker?.stop();
  }
}

function print({ tally, told, riders, letters, redriven, arrived }: CityResult): void {
  console.log(
    [
      '',
      `  events sent      ${tally.sent}`,
      `  events handled   ${tally.handled}`,
      `  keys             ${tally.keys.size}`,
      `  retries          ${tally.retries}`,
      `  dead letters     ${letters.length}, ${redriven} redriven`,
      `  riders told      ${told} of ${riders}`,
      `  order per key    ${tally.outOfOrder === 0 ? 'kept' : `broken ${tally.outOfOrder} times`}`,
      `  repeats          ${tally.repeats - redriven} besides the redriven`,
      ...(arrived === undefined
        ? []
        : [
            `  in OpenSearch    ${arrived.documents} of ${tally.locations} locations`,
            `  in DynamoDB      ${arrived.drivers} of ${values.drivers} drivers`,
          ]),
      `  time             ${((performance.now() - started) / 1_000).toFixed(1)} s`,
    ].join('\n'),
  );
}

function isGood({ tally, told, riders, arrived }: CityResult): boolean {
  const isThere = arrived === undefined || arrived.documents === tally.locations;
  return told === riders && tally.outOfOrder === 0 && isThere;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

await main();
