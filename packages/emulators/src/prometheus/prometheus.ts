import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { clientPort } from '../client-port.ts';
import type { BrokerOptions } from '../in-mode.ts';
import type { LocalBroker } from '../local-broker.ts';
import { refuseDocker, startNative } from '../native-broker.ts';
import { runCommand } from '../run-command.ts';
import { RunFolder } from '../run-folder.ts';
import { ServerProcess } from '../server-process.ts';

export interface PrometheusServerOptions extends BrokerOptions {
  /** What is scraped each second, such as `127.0.0.1:9464`. Default nothing. */
  readonly targets?: readonly string[];
}

/** Starts a Prometheus of this machine, which ends with this process at the latest. Throws {@link BrokerUnavailable} that says what to install. */
export async function startPrometheus(options: PrometheusServerOptions = {}): Promise<LocalBroker> {
  refuseDocker('Prometheus', 'it', options);
  const version = await prometheusVersion();
  const port = await clientPort('Prometheus', 9_090, options);
  const run = await RunFolder.create('prometheus', options.keepLogs);
  const config = join(run.path, 'prometheus.json');
  // JSON is YAML as well.
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s' },
      scrape_configs: [{ job_name: 'isostream', static_configs: [{ targets: options.targets ?? [] }] }],
    }),
  );
  options.progress?.(`starting Prometheus ${version}`);
  const server = new ServerProcess({
    command: 'prometheus',
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(run.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    folder: run,
    logFile: join(run.path, 'prometheus.log'),
    ready: /Server is ready to receive web requests/i,
  });
  const running = await startNative(run, { ports: [port], start: () => server.start(), end: () => server.stop() });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    use: `Open ${url}`,
    description: `Prometheus ${version}, native`,
    ...running,
  };
}

async function prometheusVersion(): Promise<string> {
  const said = async (command: string): Promise<string> => runCommand(command, ['--version']).catch(() => '');
  const [server, tool] = await Promise.all([said('prometheus'), said('promtool')]);
  const version = /version (\d[\d.]*)/.exec(server)?.[1];
  if (version !== undefined && tool !== '') return version;
  throw new BrokerUnavailable(
    'Prometheus',
    'there is no prometheus with its promtool here. Install it: apt-get install prometheus (Debian, Ubuntu), or brew install prometheus.',
  );
}
