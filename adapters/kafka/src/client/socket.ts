import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `true` for the system's authorities. */
export type Ssl = ConnectionOptions | boolean | undefined;

export function nameOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

export function isTls(ssl: Ssl): boolean {
  return ssl !== undefined && ssl !== false;
}

/** Connects at once; throws for certificates and keys that cannot be read. */
export function createSocket({ host, port }: Address, ssl: Ssl): Socket {
  if (!isTls(ssl)) return connectTcp({ host, port });
  return connectTls({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(typeof ssl === 'object' ? ssl : {}),
  });
}
