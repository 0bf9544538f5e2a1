import { BrokerUnavailable } from './broker-unavailable.ts';
import type { BrokerOptions, RunningBroker } from './in-mode.ts';
import { releasePort } from './port-claims.ts';
import type { RunFolder } from './run-folder.ts';

/** What starts and ends the servers of one broker. */
export interface Servers {
  /** What `clientPort` and `claimFreePorts` gave them. */
  readonly ports: readonly number[];
  start(): Promise<unknown>;
  end(): Promise<unknown>;
}

/** What every native broker has, whatever its servers are. */
export interface NativeBroker extends Omit<RunningBroker, 'description'> {
  readonly mode: 'native';
  readonly logFolder: string;
}

/** Starts a broker in its folder. Stopping it ends its servers and removes the folder; so does a start that fails. */
export async function startNative(run: RunFolder, servers: Servers): Promise<NativeBroker> {
  const stop = async (): Promise<void> => {
    await servers.end();
    await run.remove();
  };
  try {
    await servers.start();
  } catch (error) {
    await stop();
    throw error;
  } finally {
    for (const port of servers.ports) releasePort(port);
  }
  return { mode: 'native', logFolder: run.path, stop, died: () => run.died, [Symbol.asyncDispose]: stop };
}

/** Throws {@link BrokerUnavailable} where Docker is asked for and there is no such form; `install` is what it needs instead. */
export function refuseDocker(broker: string, install: string, { mode }: BrokerOptions): void {
  if (mode === 'docker')
    throw new BrokerUnavailable(broker, `it starts natively only. Leave mode out, and install ${install}.`);
}
