import type { Connection } from 'rhea-promise';

/** What rhea's connections have and its types leave out. */
interface Native {
  readonly socket: { end(): void; destroy?(error: Error): void } | undefined;
  input(bytes: Buffer): void;
}

/** Calls `heard` whenever anything comes, also the empty frames by which the service says no more than that it is there. */
export function onInput(connection: Connection, heard: () => void): void {
  const native = nativeOf(connection);
  const input = native.input.bind(native);
  native.input = (bytes) => {
    heard();
    input(bytes);
  };
}

/** Lets go of the socket at once: who is gone answers no goodbye. */
export function abandon(connection: Connection, reason: Error): void {
  const { socket } = nativeOf(connection);
  // With an error: only then does rhea let go of its timers. A WebSocket can only be ended, and destroys itself in 30 s.
  if (socket?.destroy === undefined) socket?.end();
  else socket.destroy(reason);
}

function nativeOf(connection: Connection): Native {
  const native: unknown = connection['_connection'];
  return native as Native;
}
