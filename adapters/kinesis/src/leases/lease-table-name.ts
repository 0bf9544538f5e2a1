import { createHash } from 'node:crypto';

/** The most characters of a table's name. */
const maxLength = 255;

/**
 * The table of a group. DynamoDB takes letters, digits, `.`, `_` and `-`: of a group that is called otherwise, or too long, the
 * name has what a table's may have, and a digest that tells it from others.
 */
export function leaseTableName(
  template: string,
  { topic, group }: { readonly topic: string; readonly group: string },
): string {
  const named = (part: string): string => template.replaceAll('{topic}', topic).replaceAll('{group}', part);
  if (/^[\w.-]*$/.test(group) && named(group).length <= maxLength) return named(group);
  const digest = createHash('sha256').update(group).digest('hex').slice(0, 10);
  const room = Math.max(0, maxLength - named(`-${digest}`).length);
  return named(`${group.replaceAll(/[^\w.-]+/g, '-').slice(0, room)}-${digest}`);
}
