import {
  connect,
  defineTopic,
  findConfig,
  providerNames,
  type RawEvent,
  type RawInput,
  StreamError,
  type Streams,
  type Topic,
} from 'isostream';
import type { Command } from 'commander';

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

/** Connects, works, and closes in any case. */
export async function withStreams<T>(options: ClientOptions, work: (streams: Streams) => Promise<T>): Promise<T> {
  const { url, config } = options;
  refuseContradiction(url);
  const streams = await connect({
    topics: [],
    topology: 'assume',
    ...(url === undefined ? {} : { url }),
    ...(config === undefined ? {} : { config }),
  });
  try {
    return await work(streams);
  } finally {
    await streams.close();
  }
}

/** An address on the command line wins over one of the environment, but not over a word that names another provider. */
export function refuseContradiction(url: string | undefined): void {
  const named = process.env['ISOSTREAM_PROVIDER'];
  const found = url === undefined || named === undefined ? undefined : findConfig({ code: { url }, environment: {} });
  if (found !== undefined && found.provider !== named)
    throw usage(
      `--url is an address of ${found.provider}, and ISOSTREAM_PROVIDER is ${shownName(named)}. Unset one of them`,
    );
}

function shownName(text: string | undefined): string {
  return providerNames.find((name) => name === text) ?? 'another';
}

/** A topic whose declaration this program does not know. */
export function rawTopic(name: string): Topic<RawInput, RawEvent> {
  return defineTopic(name, { raw: true });
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

export function parseNumber(text: string, option: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw usage(`${option} is ${JSON.stringify(text)}. Give a number`);
}

export function usage(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'isostream' });
}
