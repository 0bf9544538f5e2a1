import { BrokerUnavailable, PortTaken } from './broker-unavailable.ts';

/** How a broker is started. */
export interface BrokerOptions {
  /** `auto` takes native where it can start, else Docker. Default `auto`. */
  readonly mode?: 'auto' | 'native' | 'docker';
  /**
   * Where clients connect: a port, which has to be free, or `usual`, the one that everybody knows of this broker, or the next free
   * one. Default: any free port, so that tests never meet.
   */
  readonly port?: number | 'usual';
  /** Leaves the folder with data and logs in place when it stops. Native only. Default `false`. */
  readonly keepLogs?: boolean;
  /** Called with what it is doing. */
  readonly progress?: (text: string) => void;
}

/** A broker that runs, and ends with this process at the latest. */
export interface RunningBroker extends AsyncDisposable {
  readonly mode: 'native' | 'docker';
  /** Version and mode, for people. */
  readonly description: string;
  readonly logFolder: string | undefined;
  stop(): Promise<void>;
  /** Resolves once a server of it ends that nobody asked to, with what it said last; pending while it runs and after `stop`. */
  died(): Promise<string>;
}

/** Starts a broker in the mode asked for. With `auto`, what neither can do is said of both. */
export async function inMode<Options extends BrokerOptions, Broker>(
  options: Options,
  start: Readonly<Record<'native' | 'docker', (options: Options) => Promise<Broker>>>,
): Promise<Broker> {
  const { mode = 'auto', progress = () => undefined } = options;
  if (mode === 'docker') return start.docker(options);
  if (mode === 'native') return start.native(options);
  try {
    return await start.native(options);
  } catch (native) {
    if (!(native instanceof BrokerUnavailable) || native instanceof PortTaken) throw native;
    progress(`${native.message} Trying Docker`);
    return start.docker(options).catch((docker: unknown) => {
      if (docker instanceof BrokerUnavailable)
        throw new BrokerUnavailable(native.broker, `${native.reason} With Docker: ${docker.reason}`, docker);
      throw docker;
    });
  }
}
