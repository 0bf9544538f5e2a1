import { type Adapter, createStreams, StreamError, type Streams, type StreamsOptions } from '@isostream/core';
import { streamsOptionNames, unawaited, unknownOption } from '@isostream/core/adapter';
import { loadConfig } from './config.ts';
import type { Config } from './overlay.ts';
import { createAdapter, providerNames } from './providers/providers.ts';

export interface ConnectOptions extends Omit<StreamsOptions, 'adapter'>, Config {
  /** An adapter made by hand; provider, url and the settings of providers are then not looked at. */
  readonly adapter?: Adapter;
  /** Path of a JSON file with the same entries as these options. Default `isostream.json`, if there is one. */
  readonly config?: string;
}

const configNames: ReadonlySet<string> = new Set(['provider', 'url', ...providerNames]);
const names = ['config', ...configNames, ...streamsOptionNames];

/**
 * Connects to the provider that code, environment (`ISOSTREAM_PROVIDER`, `ISOSTREAM_URL`) or file name, in this order.
 * Throws `invalid-config`, `missing-adapter`, and what the provider says when it cannot be used.
 */
export function connect(options: ConnectOptions): Promise<Streams> {
  return unawaited(open(options), 'connect');
}

async function open(options: ConnectOptions): Promise<Streams> {
  if (typeof options !== 'object' || options === null || !Array.isArray(options.topics))
    throw new StreamError(
      'invalid-config',
      'topics are missing. Give connect({ topics: [orders] }), made by defineTopic',
      {
        where: 'connect',
      },
    );
  // Before a provider is looked for: `brokers` beside `topics` is a slip, and no missing provider.
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new StreamError('invalid-config', unknownOption(unknown, names), { where: 'connect' });
  const { adapter, config: file, topics, ...rest } = options;
  const given = Object.entries(rest).filter(([, entry]) => entry !== undefined);
  const streams = { topics, ...Object.fromEntries(given.filter(([name]) => !configNames.has(name))) };
  if (adapter !== undefined) return createStreams({ ...streams, adapter });
  const code = Object.fromEntries(given.filter(([name]) => configNames.has(name)));
  const config = await loadConfig({ code, ...(file === undefined ? {} : { file }) });
  return createStreams({ ...streams, adapter: await createAdapter(config) });
}
