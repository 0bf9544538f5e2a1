import { createServer } from 'node:net';
import { BrokerUnavailable } from './broker-unavailable.ts';
import { freePorts } from './free-ports.ts';
import type { BrokerOptions } from './in-mode.ts';

/** How many ports above the usual one are tried. */
const tries = 100;

/**
 * The port that clients are told: any free one, this very one, or the usual one of the broker; where something listens there the
 * next one that is free, and `progress` says so. Throws {@link BrokerUnavailable} for one that was asked for and is taken.
 */
export async function clientPort(
  broker: string,
  usual: number,
  { port, progress = () => undefined }: Pick<BrokerOptions, 'port' | 'progress'>,
): Promise<number> {
  if (port === undefined) return (await freePorts(1))[0] ?? 0;
  if (port !== 'usual') {
    if (await isFree(port)) return port;
    throw new BrokerUnavailable(broker, `something listens on port ${port} already. Give another port, or none.`);
  }
  for (let candidate = usual; candidate < usual + tries; candidate++) {
    if (!(await isFree(candidate))) continue;
    if (candidate !== usual) progress(`something listens on port ${usual} already: ${broker} takes ${candidate}`);
    return candidate;
  }
  throw new BrokerUnavailable(broker, `ports ${usual} to ${usual + tries - 1} are all taken. Give another port.`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
