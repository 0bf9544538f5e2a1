import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { clientPort } from '../client-port.ts';
import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { LocalBroker } from '../local-broker.ts';
import { refuseDocker, startNative } from '../native-broker.ts';
import { runCommand } from '../run-command.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, type ServerControls, ServerProcess } from '../server-process.ts';

export type RedisServerOptions = BrokerOptions;

/** Redis or Valkey, in memory only: empty again when it is started again. */
export interface RedisServer extends RunningBroker, LocalBroker {
  readonly url: string;
  readonly server: ServerControls;
}

/** Starts a Redis of this machine, which ends with this process at the latest. Throws {@link BrokerUnavailable} that says what to install. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  refuseDocker('Redis', 'it', options);
  const { command, version } = await redisProgram();
  const port = await clientPort('Redis', 6_379, options);
  const run = await RunFolder.create('redis', options.keepLogs);
  options.progress?.(`starting ${command} ${version}`);
  const server = new ServerProcess({
    command,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', run.path],
    folder: run,
    logFile: join(run.path, 'redis.log'),
    ready: /Ready to accept connections/i,
  });
  const running = await startNative(run, { ports: [port], start: () => server.start(), end: () => server.stop() });
  const url = `redis://127.0.0.1:${port}`;
  return {
    url,
    use: `Give it to the client of idempotent handlers: createClient({ url: '${url}' })`,
    description: `${command} ${version}, native`,
    server: controlsOf(server, port),
    ...running,
  };
}

async function redisProgram(): Promise<{ readonly command: string; readonly version: string }> {
  for (const command of ['redis-server', 'valkey-server']) {
    const text = await runCommand(command, ['--version']).catch(() => '');
    const version = /v=(\d[\d.]*)/.exec(text)?.[1];
    if (version !== undefined) return { command, version };
  }
  throw new BrokerUnavailable(
    'Redis',
    'there is no redis-server or valkey-server here. Install it: apt-get install redis-server (Debian, Ubuntu), or brew install redis.',
  );
}
