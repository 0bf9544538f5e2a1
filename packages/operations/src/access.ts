import { type AccessNeed, deadLetterName } from '@isostream/core/adapter';

/** What somebody does, in the words of operators. */
export type AccessRole = (typeof accessRoles)[number];

export const accessRoles = [
  'produce',
  'consume',
  'replay',
  'redrive',
  'validate',
  'create',
  'operate',
  'delete',
] as const;

export interface AccessOptions {
  /** Names; one that ends with `*` stands for all that begin so. */
  readonly topics: readonly string[];
  readonly groups: readonly string[];
  readonly roles: readonly AccessRole[];
  /** Whether consumers write what fails to a dead-letter topic. Default true. */
  readonly deadLetters?: boolean;
}

/** What these roles do to these topics and groups, one need each and none twice: pure. */
export function accessNeeds({ topics, groups, roles, deadLetters = true }: AccessOptions): readonly AccessNeed[] {
  const needs = new Map<string, AccessNeed>();
  for (const topic of topics)
    for (const role of roles)
      for (const need of needsOf(role, topic, groups, deadLetters)) needs.set(Object.values(need).join(' '), need);
  return [...needs.values()];
}

function needsOf(
  role: AccessRole,
  topic: string,
  groups: readonly string[],
  deadLetters: boolean,
): readonly AccessNeed[] {
  const letters = deadLetters ? groups.map((group) => lettersOf(topic, group)) : [];
  const both = [topic, ...letters];
  const each = (act: AccessNeed['act'], names: readonly string[]): readonly AccessNeed[] =>
    names.map((name) => ({ act, topic: name }));
  const ofGroups = (act: AccessNeed['act']): readonly AccessNeed[] => groups.map((group) => ({ act, topic, group }));
  switch (role) {
    case 'produce':
      return each('write', [topic]);
    case 'consume':
      return [...ofGroups('join'), ...each('write', letters)];
    case 'replay':
      return each('replay', [topic]);
    // Letters go back to the topic, and what was done with them is written beside them.
    case 'redrive':
      return [...each('replay', letters), ...each('write', both)];
    case 'validate':
      return each('describe', both);
    case 'create':
      return [...each('describe', both), ...each('create', both), ...each('alter', both)];
    case 'operate':
      return [...each('describe', [topic]), ...ofGroups('move-group'), ...ofGroups('delete-group')];
    case 'delete':
      return each('delete', both);
  }
}

function lettersOf(topic: string, group: string): string {
  if (topic.endsWith('*')) return topic;
  return group.endsWith('*') ? `${topic}.${group}` : deadLetterName(topic, group);
}
