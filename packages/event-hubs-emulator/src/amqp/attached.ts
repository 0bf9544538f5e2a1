import type { ServiceError } from '../service-error.ts';

/** A link that clients hold on a hub, as controls find it. */
export interface Attached {
  readonly hub: string;
  readonly partition: string | undefined;
  readonly group: string | undefined;
  readonly role: 'sender' | 'receiver' | 'requests';
  /** Ends the link with that error. */
  detach(error: ServiceError): void;
  /** Forgets it: the link, its session or its connection is gone. */
  release(): void;
}

export interface AttachedFilter {
  readonly hub?: string;
  readonly partition?: string;
  readonly group?: string;
  /** Default: senders and receivers. `requests` are the links to `$cbs`, and to `$management` of a hub. */
  readonly role?: 'sender' | 'receiver' | 'requests';
}

export function matches(link: Attached, filter: AttachedFilter): boolean {
  return (
    same(link.hub, filter.hub) &&
    same(link.partition, filter.partition) &&
    same(link.group, filter.group) &&
    (filter.role === undefined ? link.role !== 'requests' : link.role === filter.role)
  );
}

function same(value: string | undefined, wanted: string | undefined): boolean {
  return wanted === undefined || value?.toLowerCase() === wanted.toLowerCase();
}
