import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Health, Streams } from '@isostream/core';
import { Meter } from '@isostream/core/metrics';
import { textOf } from './text.ts';

/** A registry of `prom-client`, whose metrics are told along. */
export interface OtherRegistry {
  metrics(): Promise<string>;
}

export interface PrometheusOptions {
  /** The clients of this process. */
  readonly streams: readonly Streams[];
  /** Asks the service for the lag of each group that a consumer here is in, at most every 15 s. Default true. */
  readonly lag?: boolean;
  /** Metrics of the application, such as the `register` of `prom-client`: `/metrics` has them as well. */
  readonly registry?: OtherRegistry;
}

/** Counts from its making on, for all clients of the process; tells on request. */
export interface PrometheusExporter {
  /** Everything, in the text format of Prometheus. Takes at most a few seconds, also while the service is away. */
  metrics(): Promise<string>;
  /** Answers `/metrics`, `/livez`, `/readyz` and `/startupz`: a listener for `createServer` of `node:http`. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Counts no more. */
  close(): void;
}

type Probe = keyof Pick<Health, 'live' | 'ready' | 'started'>;

const probes: ReadonlyMap<string, Probe> = new Map([
  ['/livez', 'live'],
  ['/readyz', 'ready'],
  ['/startupz', 'started'],
]);

/** Metrics and probes of these clients. */
export function createPrometheus({ streams, lag = true, registry }: PrometheusOptions): PrometheusExporter {
  const meter = new Meter();
  for (const client of streams) meter.watch(client, lag);
  const metrics = async (): Promise<string> => {
    const [others, ours] = await Promise.all([textFrom(registry), meter.collect()]);
    return `${textOf(ours)}${others}`;
  };
  const answer = async (path: string): Promise<{ readonly status: number; readonly text: string }> => {
    if (path === '/metrics') return { status: 200, text: await metrics() };
    const probe = probes.get(path);
    if (probe === undefined) return { status: 404, text: 'not found\n' };
    const health = await Promise.all(streams.map((client) => client.health()));
    const holds = health.every((one) => one[probe]);
    return { status: holds ? 200 : 503, text: `${holds ? 'ok' : `not ${probe}`}\n${health.map(shown).join('')}` };
  };
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    const [path = ''] = (request.url ?? '').split('?');
    answer(path).then(
      ({ status, text }) => {
        response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
        response.end(request.method === 'HEAD' ? undefined : text);
      },
      () => {
        response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
        response.end('the metrics could not be collected\n');
      },
    );
  };
  return { metrics, handler, close: () => meter.close() };
}

/** Metrics of the application that cannot be had do not keep ours back. */
async function textFrom(registry: OtherRegistry | undefined): Promise<string> {
  try {
    return (await registry?.metrics()) ?? '';
  } catch {
    return '';
  }
}

/** For whoever reads the answer of a probe: states and codes of errors, no text that may hold data. */
function shown({ service, consumers }: Health): string {
  const away = service.reachable ? '' : `service: ${service.error?.code ?? 'closed'}\n`;
  const each = consumers.map(
    ({ topic, group, state, stuck, partitions }) =>
      `${topic} ${group}: ${state}${stuck ? ', stuck' : ''}, ${partitions} partitions\n`,
  );
  return `${away}${each.join('')}`;
}
