import type { Connection } from 'rhea-promise';

/** What rhea's connections have and its types leave out. */
interface Native {
  readonly socket: { end(): void; destroy?(error: Error): void } | undefined;
  readonly local: { readonly open: { idle_time_out?: number } };
  readonly heartbeat_in: NodeJS.Timeout | undefined;
  readonly heartbeat_out: NodeJS.Timeout | undefined;
  input(bytes: Buffer): void;
  output(): void;
  dispatch(event: string, context: object): boolean;
}

interface NativeSession {
  on_transfer(frame: { readonly performative: { message_format?: unknown; readonly aborted?: unknown } }): void;
}

/** Anything but 0, for which rhea decodes what comes. */
const anyFormat = 1;

/**
 * Has messages of a session's readers come as they were encoded: rhea's decoder throws at what others may well send, which
 * ends the connection, and loses what JavaScript has no type for. `isAborted` is true while a message is handed over that
 * its sender has taken back, and of which a part may be missing; rhea takes no note of that.
 */
export function undecoded(session: object): { readonly isAborted: boolean } {
  const state = { isAborted: false };
  const inner: unknown = Reflect.get(session, '_session');
  const native = inner as NativeSession;
  const onTransfer = native.on_transfer.bind(native);
  native.on_transfer = (frame) => {
    frame.performative.message_format = anyFormat;
    state.isAborted = frame.performative.aborted === true;
    onTransfer(frame);
  };
  return state;
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

/** Lets go of the socket and of every timer at once: who is gone answers no goodbye, and a timer would keep the process. */
export function abandon(connection: Connection, reason: Error): void {
  const native = nativeOf(connection);
  const { socket, local, heartbeat_in: heartbeatIn, heartbeat_out: heartbeatOut } = native;
  // Whoever waits for an answer lets go of its own timer. rhea tells nobody where both ends have said goodbye.
  native.dispatch('disconnected', { connection: native, error: reason });
  // What is written or read from here on would arm rhea's timers again: for two minutes.
  native.output = () => undefined;
  native.input = () => undefined;
  local.open.idle_time_out = 0;
  clearTimeout(heartbeatIn);
  clearTimeout(heartbeatOut);
  // With an error, for rhea's other timers. A WebSocket can only be ended, and destroys itself in 30 s.
  if (socket?.destroy === undefined) socket?.end();
  else socket.destroy(reason);
}

function nativeOf(connection: Connection): Native {
  const native: unknown = connection['_connection'];
  return native as Native;
}
