import { BrokerUnavailable } from './broker-unavailable.ts';

/** `auto` takes native where it can start, else Docker. */
export type Mode = 'auto' | 'native' | 'docker';

/** Starts a broker in the mode asked for. With `auto`, what neither can do is said of both. */
export async function inMode<Broker>(
  mode: Mode,
  start: { readonly native: () => Promise<Broker>; readonly docker: () => Promise<Broker> },
  progress: (text: string) => void = () => undefined,
): Promise<Broker> {
  if (mode === 'docker') return start.docker();
  if (mode === 'native') return start.native();
  try {
    return await start.native();
  } catch (native) {
    if (!(native instanceof BrokerUnavailable)) throw native;
    progress(`${native.message} Trying Docker`);
    return start.docker().catch((docker: unknown) => {
      if (docker instanceof BrokerUnavailable)
        throw new BrokerUnavailable(native.broker, `${native.message} With Docker: ${docker.message}`, docker);
      throw docker;
    });
  }
}
