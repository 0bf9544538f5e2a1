import { type ConfigSources, connect, findConfig, providerNames, StreamError, type Streams } from 'isostream';
import type { Command } from 'commander';
import { NotFound } from '@isostream/operations';
import { interruption } from './interruption.ts';
import { visible } from './visible.ts';

/** What every command that talks to a service takes. */
export interface ClientOptions {
  readonly url?: string;
  readonly config?: string;
  readonly json?: boolean;
}

export function withClientOptions(command: Command): Command {
  return command
    .option('--url <address>', 'provider and address, such as kafka://localhost:9092 (default: ISOSTREAM_URL)')
    .option('--config <file>', 'JSON file with provider settings (default: isostream.json)')
    .option('--json', 'print JSON for programs');
}

/** Where the configuration is looked for. */
export function sourcesOf({ url, config }: Pick<ClientOptions, 'url' | 'config'>): ConfigSources {
  return { code: url === undefined ? {} : { url }, ...(config === undefined ? {} : { file: config }) };
}

/** Connects, works, and closes in any case; what waits when this program is to end is left. */
export function withStreams<T>(options: ClientOptions, work: (streams: Streams) => Promise<T>): Promise<T> {
  return connected(options, (streams) => unlessInterrupted(work(streams)));
}

/** The same for work that makes something on the service: it is told when this program is to end, and clears up. */
export function withTemporary<T>(
  options: ClientOptions,
  work: (streams: Streams, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return connected(options, (streams) => work(streams, interruption.signal));
}

async function connected<T>(options: ClientOptions, work: (streams: Streams) => Promise<T>): Promise<T> {
  const { url, config } = options;
  await refuseContradiction(url);
  const streams = await unlessInterrupted(
    connect({
      topics: [],
      topology: 'assume',
      ...(url === undefined ? {} : { url }),
      ...(config === undefined ? {} : { config }),
    }),
  );
  try {
    return await work(streams);
  } finally {
    await streams.close();
  }
}

async function unlessInterrupted<T>(work: Promise<T>): Promise<T> {
  const { signal } = interruption;
  let stop = (): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(usage('was interrupted'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Refuses a group that nobody ever used on this topic, by name, so that a slip of the pen does not look like a result. */
export async function requireGroup({ admin }: Streams, topic: string, group: string): Promise<void> {
  const groups = await admin.groups(topic);
  if (groups.includes(group)) return;
  const known = groups.length === 0 ? 'It has none' : `Its groups: ${groups.map(visible).join(', ')}`;
  throw new NotFound(`topic "${topic}" has no group "${group}". ${known}`);
}

/** An address on the command line wins over one of the environment, but not over a word that names another provider. */
export async function refuseContradiction(url: string | undefined): Promise<void> {
  const named = process.env['ISOSTREAM_PROVIDER'];
  const found =
    url === undefined || named === undefined ? undefined : await findConfig({ code: { url }, environment: {} });
  if (found !== undefined && found.provider !== named)
    throw usage(
      `--url is an address of ${found.provider}, and ISOSTREAM_PROVIDER is ${shownName(named)}. Unset one of them`,
    );
}

function shownName(text: string | undefined): string {
  return providerNames.find((name) => name === text) ?? 'another';
}

/** `earliest`, `latest`, or a time. Throws `invalid-config` that names the option. */
export function parseStart(text: string, option: string): 'earliest' | 'latest' | Date {
  return text === 'earliest' || text === 'latest' ? text : parseTime(text, option);
}

/** An ISO time, or how long ago: `15m`, `2h`, `1d`. */
export function parseTime(text: string, option: string): Date {
  const ago = /^(\d+)(s|m|h|d)$/.exec(text);
  const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  const time = ago === null ? new Date(text) : new Date(Date.now() - Number(ago[1]) * (units[ago[2] ?? ''] ?? 0));
  if (!Number.isNaN(time.getTime())) return time;
  throw usage(
    `${option} is ${JSON.stringify(text)}. Give a time such as 2026-11-01T12:00:00Z, or how long ago, such as 15m or 2d`,
  );
}

/** A whole number of at least `least`. Throws `invalid-config` that names the option. */
export function parseWhole(text: string, option: string, least: 0 | 1): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && text.trim() !== '') return value;
  throw usage(`${option} is ${JSON.stringify(text)}. Give a whole number of ${least} or more`);
}

/** A port; 0 lets the system choose. Throws `invalid-config`. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536 && text.trim() !== '') return port;
  throw usage(`--port is ${JSON.stringify(text)}. Give a number from 0 to 65535`);
}

/** A number above 0. Throws `invalid-config` that names the option. */
export function parseRate(text: string, option: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw usage(`${option} is ${JSON.stringify(text)}. Give a number above 0`);
}

export function usage(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'isostream' });
}
