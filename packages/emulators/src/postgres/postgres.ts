import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { clientPort } from '../client-port.ts';
import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { LocalBroker } from '../local-broker.ts';
import { refuseDocker, startNative } from '../native-broker.ts';
import { runCommand } from '../run-command.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, type ServerControls, ServerProcess } from '../server-process.ts';
import { unprivileged } from '../unprivileged.ts';
import { postgresPrograms } from './programs.ts';

export type PostgresServerOptions = BrokerOptions;

/** PostgreSQL, empty, for tests: what it stores is not synced to disk, and goes with it. */
export interface PostgresServer extends RunningBroker, LocalBroker {
  /** For `pg`: user `postgres`, database `postgres`, no password, loopback only. */
  readonly url: string;
  readonly server: ServerControls;
}

/** Starts a PostgreSQL of this machine, which ends with this process at the latest. Throws `BrokerUnavailable` that says what to install. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  refuseDocker('PostgreSQL', 'it', options);
  const { folder: programs, version } = await postgresPrograms();
  const port = await clientPort('PostgreSQL', 5_432, options);
  const run = await RunFolder.create('postgres', options.keepLogs);
  const data = join(run.path, 'data');
  options.progress?.(`starting PostgreSQL ${version}`);
  await mkdir(data, { mode: 0o700 });
  const asUser = await unprivileged(['postgres', 'nobody'], [run.path, data]);
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    wal_level: 'logical',
  };
  const server = new ServerProcess({
    ...asUser(join(programs, 'postgres'), [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]),
    folder: run,
    logFile: join(run.path, 'postgres.log'),
    ready: /ready to accept connections/,
    // It waits for its clients to leave otherwise.
    stopSignal: 'SIGINT',
  });
  const running = await startNative(run, {
    ports: [port],
    start: async () => {
      const { command, args } = asUser(join(programs, 'initdb'), [
        '-D',
        data,
        '-A',
        'trust',
        '-U',
        'postgres',
        '--no-sync',
      ]);
      await runCommand(command, args, { cwd: run.path });
      await server.start();
    },
    end: () => server.stop(),
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return {
    url,
    use: `Give it to the pool of an outbox: new pg.Pool({ connectionString: '${url}' })`,
    description: `PostgreSQL ${version}, native`,
    server: controlsOf(server, port),
    ...running,
  };
}
