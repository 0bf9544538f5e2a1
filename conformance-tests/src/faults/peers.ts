/** The other members of a scenario, in processes of their own: what a wrong version says to those that are wrong as well. */
export interface Peers {
  /** Plain data, to each other process. */
  tell(message: unknown): void;
  /** Called with what any of them tells. */
  hear(listen: (message: unknown) => void): void;
}

/** Between a process and whoever started it: neither an entry of the history nor an order. */
export interface PeerMessage {
  readonly kind: 'peer';
  readonly message: unknown;
}

function isPeerMessage(value: unknown): value is PeerMessage {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'peer';
}

/** Those of this process, by way of the one that started it. */
export function peersOfThisProcess(): Peers {
  return {
    tell(message) {
      const wrapped: PeerMessage = { kind: 'peer', message };
      if (process.connected) process.send?.(wrapped);
    },
    hear(listen) {
      process.on('message', (value) => {
        if (isPeerMessage(value)) listen(value.message);
      });
    },
  };
}
