import { type Message, type Receiver, type ReceiverOptions, types } from 'rhea-promise';
import { randomUUID } from 'node:crypto';
import type { Link } from './link.ts';

const selector = 'apache.org:selector-filter:string';
const selectorCode = 0x468c00000004;

export interface ReaderOptions {
  /** Where it starts, in the service's own words. */
  readonly filter: string;
  /** Throws every reader with a lower one out of the partition; `undefined` shares it. */
  readonly ownerLevel: number | undefined;
  /** How the service names this reader. */
  readonly reader: string;
  readonly onMessage: (message: Message) => void;
}

/** The service sends nothing to it before it is given credit. */
export function readerOf(
  address: string,
  { filter, ownerLevel, reader, onMessage }: ReaderOptions,
  link: Link<Receiver>,
): ReceiverOptions {
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
      if (message !== undefined) onMessage(message);
    },
    onError: ({ receiver }) => link.end(receiver?.error),
    onClose: ({ receiver }) => link.end(receiver?.error),
    onSessionError: ({ session }) => link.end(session?.error),
    onSessionClose: ({ session }) => link.end(session?.error),
  };
}
