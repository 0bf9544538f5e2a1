import { Socket, type TcpSocketConnectOpts } from 'node:net';

/**
 * Every connection of this process comes from this address from now on, so that a proxy can tell it from those of other processes. On
 * Linux all of 127.0.0.0/8 is this machine.
 */
export function connectFrom(localAddress: string): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its socket below
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function connectFromOwn(this: Socket, ...given: unknown[]): Socket {
    // Node's own callers give what they have already put in order: options and a listener, as one array.
    const first: unknown = given[0];
    const options: unknown = Array.isArray(first) ? first[0] : first;
    // A copy: an agent finds its connections again by the options it gave.
    const own = isTcp(options) ? { ...options, localAddress } : options;
    if (Array.isArray(first)) first[0] = own;
    else given[0] = own;
    Reflect.apply(connect, this, given);
    return this;
  };
}

function isTcp(options: unknown): options is TcpSocketConnectOpts {
  return typeof options === 'object' && options !== null && 'port' in options;
}
