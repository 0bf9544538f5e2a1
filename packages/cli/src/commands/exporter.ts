import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type Duration, StreamError } from 'isostream';
import { toMilliseconds } from '@isostream/core/adapter';
import { lagMetrics, LagWatch, type WatchedOverview } from '@isostream/operations';
import type { Command } from 'commander';
import { type ClientOptions, parsePort, usage, withClientOptions, withTemporary } from '../client.ts';
import { interruption } from '../interruption.ts';
import { print, say } from '../terminal.ts';
import { visible } from '../visible.ts';

/** The lag of all groups, for Prometheus. */
export function addExporterCommand(program: Command): void {
  withClientOptions(
    program
      .command('exporter')
      .description('serve the lag of all groups of a service as Prometheus metrics, until interrupted')
      .option('--port <number>', 'where to listen; 0 for any that is free', '9464')
      .option('--host <address>', 'address to listen on', '127.0.0.1')
      .option('--every <duration>', 'how often to look at the groups', '15s'),
  ).action(run);
}

interface ExporterOptions extends ClientOptions {
  readonly port: string;
  readonly host: string;
  readonly every: Duration;
}

async function run(options: ExporterOptions): Promise<void> {
  const everyMs = toMilliseconds(options.every, '--every');
  if (everyMs === 0) throw usage('--every is 0. Give a duration above 0, such as 15s');
  let latest: WatchedOverview | undefined;
  // A scrape asks nobody: it is answered at once with what the last look found.
  const server = createServer((request, response) => {
    const isMetrics = request.method === 'GET' && request.url?.split('?')[0] === '/metrics';
    response.writeHead(isMetrics ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(isMetrics ? lagMetrics(latest, Date.now()) : 'metrics are at /metrics\n');
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? usage(`--port ${options.port} cannot be used (${error.code}). Give another, or 0 for any that is free`)
          : error,
      ),
    );
    server.listen(parsePort(options.port), options.host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}/metrics`;
  print(options.json === true ? JSON.stringify({ url }) : url);
  try {
    await look(options, everyMs, (found) => (latest = found));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Looks again and again; a service that goes away is waited for, and so is one that is away at the start. */
async function look(
  options: ExporterOptions,
  everyMs: number,
  found: (overview: WatchedOverview) => void,
): Promise<void> {
  const { signal } = interruption;
  let said = '';
  let known: WatchedOverview | undefined;
  const tell = (problem: string): void => {
    if (problem !== said && problem !== '') say(visible(problem));
    said = problem;
  };
  while (!signal.aborted) {
    try {
      await withTemporary(options, async (streams) => {
        const watch = new LagWatch(streams);
        while (!signal.aborted) {
          known = await watch.look({ signal });
          found(known);
          tell(known.stale ?? known.problems.join('; '));
          await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
        }
      });
    } catch (error) {
      if (signal.aborted) return;
      // What no waiting cures.
      if (StreamError.is(error) && (error.code === 'invalid-config' || error.code === 'missing-adapter')) throw error;
      const stale = error instanceof Error ? error.message : String(error);
      tell(stale);
      if (known !== undefined) found({ ...known, stale });
      await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
