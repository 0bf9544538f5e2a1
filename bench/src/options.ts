import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';
import { benches } from './benches.ts';

export const usage: string = `npm run bench -- --provider <${Object.keys(benches).join('|')}> [options]
  --url kafka://host:9092   measure on this broker instead of starting one (kafka)
  --cost                    requests, sockets and processor time at rest and per 1,000 events, instead of rates
  --scale                   many partitions, members, topics and keys, and a backlog of 10 million events, once each
  --size <part>             with --scale: a part of it, such as 0.1
  --only <measurement>      one measurement alone
  --quick                   a tenth of the load: whether it runs, not how fast
  --json                    print JSON
  --html report.html        write the result as a chart as well
  --write                   keep the result in bench/results, and make docs/performance.md anew
  --page                    make docs/performance.md anew and measure nothing`;

export interface BenchOptions {
  readonly provider: string;
  readonly bench: Bench;
  readonly url: string | undefined;
  readonly only: string | undefined;
  readonly quick: boolean;
  readonly cost: boolean;
  readonly scale: boolean;
  /** A part of the full load. */
  readonly size: number;
  readonly json: boolean;
  /** A file. */
  readonly html: string | undefined;
  readonly write: boolean;
  readonly page: boolean;
}

/** Throws an `Error` whose message is for whoever typed the command. */
export async function parseOptions(args: readonly string[]): Promise<BenchOptions> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      provider: { type: 'string' },
      url: { type: 'string' },
      only: { type: 'string' },
      cost: { type: 'boolean', default: false },
      scale: { type: 'boolean', default: false },
      size: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      html: { type: 'string' },
      write: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
    },
  });
  const { provider = 'kafka', url, only, size: sizeText, ...rest } = values;
  const load = benches[provider];
  if (load === undefined)
    throw new Error(
      `unknown provider ${JSON.stringify(provider)}. Valid providers: ${Object.keys(benches).join(', ')}`,
    );
  const bench = await load();
  if (only !== undefined && !bench.measurements.includes(only))
    throw new Error(
      `unknown measurement ${JSON.stringify(only)}. Known on ${provider} are: ${bench.measurements.join(', ') || 'none, it is one run'}`,
    );
  if (url !== undefined) {
    if (bench.checkUrl === undefined)
      throw new Error(`--url cannot be given with --provider ${provider}. Leave it out`);
    bench.checkUrl(url);
  }
  if (rest.cost && bench.cost === undefined)
    throw new Error(`--cost cannot be given with --provider ${provider}, which asks nobody over a network`);
  if (rest.scale && bench.atScale === undefined) throw new Error(`--scale cannot be given with --provider ${provider}`);
  const size = Number(sizeText);
  if (!(size > 0 && size <= 1)) throw new Error('--size is not a part of the load. Give a number from 0.001 to 1');
  if (size < 1 && !rest.scale) throw new Error('--size is for --scale. Leave it out, or give --quick');
  if (rest.write && (rest.quick || only !== undefined))
    throw new Error('--write keeps whole runs. Leave out --quick and --only');
  return { provider, bench, url, only, size, html: undefined, ...rest };
}
