import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { clientPort } from '../client-port.ts';
import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { LocalBroker } from '../local-broker.ts';
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

/** Starts a PostgreSQL of this machine, which ends with this process at the latest. Throws {@link BrokerUnavailable} that says what to install. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  if (options.mode === 'docker')
    throw new BrokerUnavailable('PostgreSQL', 'it starts natively only. Leave mode out, and install it.');
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
  const stop = async (): Promise<void> => {
    await server.stop();
    await run.remove();
  };
  try {
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
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return {
    url,
    use: `Give it to the pool of an outbox: new pg.Pool({ connectionString: '${url}' })`,
    mode: 'native',
    description: `PostgreSQL ${version}, native`,
    logFolder: run.path,
    server: controlsOf(server, port),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
