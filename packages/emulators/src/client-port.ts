import { createServer } from 'node:net';
import { PortTaken } from './broker-unavailable.ts';
import { claimFreePorts } from './free-ports.ts';
import type { BrokerOptions } from './in-mode.ts';
import { claimPort, releasePort } from './port-claims.ts';

/** How many ports above the usual one are tried. */
const tries = 100;

/**
 * The port that clients are told: any free one, this very one, or the usual one of the broker; where it is taken the next one that is
 * free, and `progress` says so. It is claimed until `startNative` or `startContainer` is over. Throws {@link PortTaken} for one that was asked for and is taken.
 */
export async function clientPort(
  broker: string,
  usual: number,
  { port, progress = () => undefined }: Pick<BrokerOptions, 'port' | 'progress'>,
): Promise<number> {
  if (port === undefined) return (await claimFreePorts(1))[0] ?? 0;
  if (port !== 'usual') {
    const trouble = await troubleWith(port);
    if (trouble === undefined) return port;
    throw new PortTaken(broker, `${trouble}. Give another port, or none.`);
  }
  for (let candidate = usual; candidate < usual + tries; candidate++) {
    if ((await troubleWith(candidate)) !== undefined) continue;
    if (candidate !== usual) progress(`port ${usual} is taken already: ${broker} takes ${candidate}`);
    return candidate;
  }
  throw new PortTaken(broker, `ports ${usual} to ${usual + tries - 1} are all taken. Give another port.`);
}

/** Why a port cannot be had; else it is claimed. */
async function troubleWith(port: number): Promise<string | undefined> {
  const taken = `port ${port} is taken: something listens there already, or is being started`;
  if (!(await claimPort(port))) return taken;
  // Asked while no other start can take it.
  const code = await listenError(port);
  if (code === undefined) return undefined;
  releasePort(port);
  return code === 'EACCES' ? `this user may not listen on port ${port}` : taken;
}

function listenError(port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}
