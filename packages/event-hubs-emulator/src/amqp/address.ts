import { entityNotFound } from '../service-error.ts';

/** What a link is attached to. */
export type Address =
  | { readonly kind: 'cbs' }
  | { readonly kind: 'management'; readonly hub: string }
  | { readonly kind: 'hub'; readonly hub: string; readonly partition: string | undefined }
  | { readonly kind: 'reader'; readonly hub: string; readonly group: string; readonly partition: string };

/** Reads `HUB`, `HUB/Partitions/N`, `HUB/ConsumerGroups/G/Partitions/N`, `$cbs` and `$management`, with or without `amqps://host/` in front. */
export function parseAddress(address: string): Address {
  const path = pathOf(address);
  if (path === '$cbs') return { kind: 'cbs' };
  if (path === '$management' || path.endsWith('/$management'))
    return { kind: 'management', hub: path.slice(0, -'/$management'.length) };
  const parts = path.split('/');
  const [hub = '', first, second, third, fourth] = parts;
  if (hub === '') throw entityNotFound(address);
  if (parts.length === 1) return { kind: 'hub', hub, partition: undefined };
  if (parts.length === 3 && is(first, 'partitions') && second !== undefined)
    return { kind: 'hub', hub, partition: second };
  if (parts.length === 5 && is(first, 'consumergroups') && second !== undefined && is(third, 'partitions'))
    return { kind: 'reader', hub, group: second, partition: fourth ?? '' };
  throw entityNotFound(address);
}

/** The path of an address or of a token's audience, without scheme and host. */
export function pathOf(address: string): string {
  const path = /^[a-z]+:\/\/[^/]*(.*)$/i.exec(address)?.[1] ?? address;
  return path.replace(/^\/+|\/+$/g, '');
}

function is(part: string | undefined, name: string): boolean {
  return part?.toLowerCase() === name;
}
