import type { AccessAct, AccessNeed, AccessPolicy, AccessRight, PolicyOptions } from '@isostream/core/adapter';

/** An ACL as `kafka-acls.sh` and every admin client take it, without the principal. */
interface Binding {
  readonly resourceType: 'topic' | 'group';
  readonly resourceName: string;
  readonly patternType: 'literal' | 'prefixed';
  readonly operation: string;
}

interface Operations {
  readonly topic?: readonly string[];
  readonly group?: readonly string[];
}

/** What each act takes on its topic and its group. Idempotent writes need no right on the cluster since Kafka 2.8. */
const operations: Readonly<Record<AccessAct, Operations>> = {
  // With its settings a producer knows the largest event that the topic takes.
  write: { topic: ['Write', 'DescribeConfigs'] },
  replay: { topic: ['Read'] },
  join: { topic: ['Read'], group: ['Read'] },
  describe: { topic: ['Describe', 'DescribeConfigs'] },
  create: { topic: ['Create'] },
  alter: { topic: ['Alter', 'AlterConfigs'] },
  delete: { topic: ['Delete'] },
  'move-group': { topic: ['Read'], group: ['Read'] },
  'delete-group': { topic: ['Read'], group: ['Delete'] },
};

/** Each of these is granted by any of the others on the same resource. */
const implied: Readonly<Record<string, readonly string[]>> = {
  Describe: ['Read', 'Write', 'Delete', 'Alter'],
  DescribeConfigs: ['AlterConfigs'],
};

/** The least ACLs for these acts. */
export function kafkaPolicy(
  needs: readonly AccessNeed[],
  { principal = 'User:$USER', options }: PolicyOptions,
): AccessPolicy {
  const found = new Map<string, Binding & { readonly acts: Set<AccessAct> }>();
  for (const need of needs) {
    for (const binding of bindingsOf(need)) {
      const known = found.get(keyOf(binding));
      if (known === undefined) found.set(keyOf(binding), { ...binding, acts: new Set([need.act]) });
      else known.acts.add(need.act);
    }
  }
  const all = [...found.values()];
  const least = all.filter((one) => !all.some((other) => covers(other, one)));
  return {
    rights: least.map(rightOf),
    document: least.map(({ resourceType, resourceName, patternType, operation }) => ({
      principal,
      host: '*',
      permissionType: 'allow',
      ...{ resourceType, resourceName, patternType, operation },
    })),
    commands: commandsOf(least, principal, brokersOf(options)),
    notes: [],
  };
}

function bindingsOf({ act, topic, group }: AccessNeed): readonly Binding[] {
  const on = (resourceType: Binding['resourceType'], name: string, list: readonly string[] = []): readonly Binding[] =>
    list.map((operation) => ({
      resourceType,
      resourceName: name.endsWith('*') && name !== '*' ? name.slice(0, -1) : name,
      patternType: name.endsWith('*') && name !== '*' ? 'prefixed' : 'literal',
      operation,
    }));
  const { topic: onTopic, group: onGroup } = operations[act];
  return [...on('topic', topic, onTopic), ...(group === undefined ? [] : on('group', group, onGroup))];
}

/** Another binding that grants the same, or more. */
function covers(other: Binding, one: Binding): boolean {
  if (other === one || other.resourceType !== one.resourceType || !isWithin(one, other)) return false;
  const isSame = other.resourceName === one.resourceName && other.patternType === one.patternType;
  if (other.operation === one.operation) return !isSame;
  return implied[one.operation]?.includes(other.operation) === true;
}

function isWithin(one: Binding, other: Binding): boolean {
  if (other.resourceName === '*' && other.patternType === 'literal') return true;
  if (other.patternType === 'prefixed') return one.resourceName.startsWith(other.resourceName);
  return one.patternType === 'literal' && one.resourceName === other.resourceName;
}

function keyOf({ resourceType, resourceName, patternType, operation }: Binding): string {
  return [resourceType, resourceName, patternType, operation].join(' ');
}

function rightOf({
  operation,
  resourceType,
  resourceName,
  patternType,
  acts,
}: Binding & { acts: Set<AccessAct> }): AccessRight {
  const star = patternType === 'prefixed' ? '*' : '';
  return { action: operation, resource: `${resourceType} ${resourceName}${star}`, acts: [...acts] };
}

/** One command for each resource. */
function commandsOf(bindings: readonly Binding[], principal: string, brokers: string): readonly string[] {
  const byResource = new Map<string, string[]>();
  for (const { resourceType, resourceName, patternType, operation } of bindings) {
    const resource = `--${resourceType} ${quoted(resourceName)} --resource-pattern-type ${patternType}`;
    byResource.set(resource, [...(byResource.get(resource) ?? []), operation]);
  }
  return [...byResource].map(
    ([resource, list]) =>
      `kafka-acls.sh --bootstrap-server ${brokers} --add --allow-principal ${quoted(principal)} ${list.map((operation) => `--operation ${operation}`).join(' ')} ${resource}`,
  );
}

function brokersOf({ brokers }: PolicyOptions['options']): string {
  return Array.isArray(brokers) && brokers.length > 0 ? quoted(brokers.map(String).join(',')) : '$BROKERS';
}

/** As a shell takes it for one word; placeholders stay what they are. */
function quoted(text: string): string {
  return /^[\w.,:@%+=/$-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
