import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';
import { benches } from './benches.ts';

export const usage: string = `npm run bench -- --provider <${Object.keys(benches).join('|')}> [options]
  --url kafka://host:9092   measure on this broker instead of starting one (kafka)
  --only <measurement>      one measurement alone
  --quick                   a tenth of the load: whether it runs, not how fast
  --json                    print JSON`;

export interface BenchOptions {
  readonly provider: string;
  readonly bench: Bench;
  readonly url: string | undefined;
  readonly only: string | undefined;
  readonly quick: boolean;
  readonly json: boolean;
}

/** Throws an `Error` whose message is for whoever typed the command. */
export async function parseOptions(args: readonly string[]): Promise<BenchOptions> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      provider: { type: 'string' },
      url: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const { provider = 'kafka', url, only, quick, json } = values;
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
  return { provider, bench, url, only, quick, json };
}
