import { StreamError } from '@isostream/core';

/** How the tables are called. */
export interface Tables {
  readonly outbox: string;
  readonly setAside: string;
  readonly leases: string;
}

export function tablesOf(prefix: string): Tables {
  checkPrefix(prefix);
  return { outbox: `${prefix}outbox`, setAside: `${prefix}outbox_set_aside`, leases: `${prefix}outbox_leases` };
}

/** A prefix may begin with a schema: `events.isostream_`. Throws `invalid-config` for what would need quotes. */
export function checkPrefix(prefix: string): void {
  if (/^(?:[a-z_][a-z0-9_]{0,30}\.)?[a-z_][a-z0-9_]{0,30}$/.test(prefix)) return;
  const message = `prefix is ${JSON.stringify(prefix)}. Give lower-case letters, digits and underscores, such as isostream_ or events.isostream_`;
  throw new StreamError('invalid-config', message, { where: 'outbox' });
}
