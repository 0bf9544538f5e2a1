import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { claimPort, releasePort } from './port-claims.ts';

/**
 * Below what systems give to outgoing connections (Linux from 32768, others from 49152): one of those could take the port
 * of a server that is down for a moment.
 */
const lowest = 15_000;
const highest = 32_000;

/** Ports that nobody listens on. All are held at once before the first is let go, so that none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map(closed));
  return ports;
}

/**
 * Free ports that no other start on this machine takes before our servers listen: claimed until `startNative` is over, at the latest
 * until this process ends.
 */
export async function claimFreePorts(count: number): Promise<number[]> {
  const claimed: number[] = [];
  while (claimed.length < count) {
    const [port = 0] = await freePorts(1);
    if (!(await claimPort(port))) continue;
    // Somebody may have listened on it and let its claim go, between our look and our claim.
    if (await isFree(port)) claimed.push(port);
    else releasePort(port);
  }
  return claimed;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  await closed(server);
  return true;
}

async function listen(): Promise<Server> {
  for (;;) {
    const server = await listenOn(randomInt(lowest, highest));
    if (server !== undefined) return server;
  }
}

function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}
