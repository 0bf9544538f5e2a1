import { parseArgs } from 'node:util';
import { kafkaMeasurements } from './kafka/bench.ts';
import { parseUrl } from './kafka/stage.ts';

export const usage: string = `npm run bench -- --provider <kafka|memory> [options]
  --url kafka://host:9092   measure on this broker instead of starting one
  --only <measurement>      one of ${kafkaMeasurements.join(', ')} (kafka)
  --quick                   a tenth of the load: whether it runs, not how fast
  --json                    print JSON`;

export interface BenchOptions {
  readonly provider: 'kafka' | 'memory';
  readonly url: string | undefined;
  readonly only: string | undefined;
  readonly quick: boolean;
  readonly json: boolean;
}

/** Throws an `Error` whose message is for whoever typed the command. */
export function parseOptions(args: readonly string[]): BenchOptions {
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
  if (provider !== 'kafka' && provider !== 'memory')
    throw new Error(`unknown provider ${JSON.stringify(provider)}. Known are kafka, memory`);
  if (provider === 'memory' && (url !== undefined || only !== undefined))
    throw new Error('--url and --only belong to --provider kafka. Leave them out');
  if (only !== undefined && !kafkaMeasurements.includes(only))
    throw new Error(`unknown measurement ${JSON.stringify(only)}. Known are ${kafkaMeasurements.join(', ')}`);
  if (url !== undefined) parseUrl(url);
  return { provider, url, only, quick, json };
}
