import { type Receiver, type ReceiverOptions, type Session, types } from 'rhea-promise';
import { randomUUID } from 'node:crypto';
import type { Link } from './link.ts';
import { undecoded } from './native.ts';

const selector = 'apache.org:selector-filter:string';
const selectorCode = 0x468c00000004;

export interface ReaderOptions {
  /** Where it starts, in the service's own words. */
  readonly filter: string;
  /** Throws every reader with a lower one out of the partition; `undefined` shares it. */
  readonly ownerLevel: number | undefined;
  /** How the service names this reader. */
  readonly reader: string;
  /** Gets each message as it was encoded; nothing for one that was taken back while it came, which used up credit. */
  readonly onMessage: (message: Buffer | undefined) => void;
}

/** The service sends nothing to it before it is given credit. */
export function readerOf(
  address: string,
  { filter, ownerLevel, reader, onMessage }: ReaderOptions,
  link: Link<Receiver>,
  session: Session,
): ReceiverOptions {
  const transfers = undecoded(session);
  return {
    name: `${address}-${randomUUID()}`,
    autoaccept: true,
    credit_window: 0,
    target: reader,
    source: { address, filter: { [selector]: types.wrap_described(filter, selectorCode) } },
    properties: {
      'com.microsoft:receiver-name': reader,
      ...(ownerLevel === undefined ? {} : { 'com.microsoft:epoch': types.wrap_long(ownerLevel) }),
    },
    desired_capabilities: ['com.microsoft:georeplication'],
    onMessage: ({ message }) => {
      link.used();
      // By its type it is decoded; `undecoded` says why it is not.
      const bytes: unknown = message;
      onMessage(transfers.isAborted ? undefined : Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0));
    },
    onError: ({ receiver }) => link.end(receiver?.error),
    onClose: ({ receiver }) => link.end(receiver?.error),
    onSessionError: (context) => link.end(context.session?.error),
    onSessionClose: (context) => link.end(context.session?.error),
  };
}
