import { createStreams, type Streams, type StreamsOptions } from '@isostream/core';
import type { Adapter } from '@isostream/core/adapter';
import { type Config, loadConfig } from './config.ts';
import { createAdapter } from './providers.ts';

export interface ConnectOptions extends Omit<StreamsOptions, 'adapter'>, Config {
  /** An adapter made by hand; provider, url and the settings of providers are then not looked at. */
  readonly adapter?: Adapter;
  /** Path of a JSON file with the same entries as these options. Default `isostream.json`, if there is one. */
  readonly config?: string;
}

/**
 * Connects to the provider that code, environment (`ISOSTREAM_PROVIDER`, `ISOSTREAM_URL`) or file name, in this order.
 * Throws `invalid-config`, `missing-adapter`, and what the provider says when it cannot be used.
 */
export async function connect(options: ConnectOptions): Promise<Streams> {
  const { adapter, config: file, provider, url, memory, kafka, ...streams } = options;
  if (adapter !== undefined) return createStreams({ ...streams, adapter });
  const code = Object.fromEntries(
    Object.entries({ provider, url, memory, kafka }).filter(([, entry]) => entry !== undefined),
  );
  const config = loadConfig({ code, ...(file === undefined ? {} : { file }) });
  return createStreams({ ...streams, adapter: await createAdapter(config) });
}
