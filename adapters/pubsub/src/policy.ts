import type { AccessAct, AccessNeed, AccessPolicy, PolicyOptions } from '@isostream/core/adapter';
import { Names } from './names.ts';

/** Permissions of each act, less their `pubsub.`: on the topic, on the subscription that is the group, and on the project. */
interface Permissions {
  readonly topic?: readonly string[];
  readonly subscription?: readonly string[];
  readonly project?: readonly string[];
}

const permissions: Readonly<Record<AccessAct, Permissions>> = {
  // With `get` it knows the largest event that the topic takes.
  write: { topic: ['topics.publish', 'topics.get'] },
  join: {
    topic: ['topics.get', 'topics.attachSubscription'],
    // It deletes one that belongs to a deleted topic of the same name.
    subscription: ['subscriptions.get', 'subscriptions.consume', 'subscriptions.update', 'subscriptions.delete'],
    project: ['subscriptions.create'],
  },
  // The name of its subscription is another one each time.
  replay: {
    topic: ['topics.get', 'topics.attachSubscription'],
    project: ['subscriptions.create', 'subscriptions.get', 'subscriptions.consume', 'subscriptions.delete'],
  },
  describe: { topic: ['topics.get'] },
  create: { project: ['topics.create'] },
  alter: { topic: ['topics.get', 'topics.update'] },
  // Its groups go with it, whoever they are.
  delete: { topic: ['topics.get', 'topics.delete'], project: ['subscriptions.delete'] },
  // Groups are listed; the service lets nobody move one safely.
  'move-group': { topic: ['topics.get'], project: ['subscriptions.list'] },
  'delete-group': { subscription: ['subscriptions.delete'] },
};

/** The least permissions for these acts, as custom roles and their bindings. */
export function pubsubPolicy(
  needs: readonly AccessNeed[],
  { principal = '$MEMBER', options }: PolicyOptions,
): AccessPolicy {
  const projectId = typeof options['projectId'] === 'string' ? options['projectId'] : '$PROJECT';
  const names = new Names(projectId, typeof options['subscription'] === 'string' ? options['subscription'] : undefined);
  const found = new Map<string, Map<string, Set<AccessAct>>>();
  const add = (resource: string, list: readonly string[], act: AccessAct): void => {
    for (const each of list) {
      const onResource = found.get(resource) ?? new Map<string, Set<AccessAct>>();
      const permission = `pubsub.${each}`;
      found.set(resource, onResource.set(permission, (onResource.get(permission) ?? new Set<AccessAct>()).add(act)));
    }
  };
  // A binding needs a topic that exists, and a service that creates it has to see that it is not there yet.
  const created = new Set(needs.filter(({ act }) => act === 'create').map(({ topic }) => names.topic(topic)));
  // The service has no patterns: what is for several names is granted on the project.
  const isPattern = (...parts: readonly string[]): boolean => parts.some((part) => part.includes('*'));
  const placed = (name: string, ...parts: readonly string[]): string =>
    isPattern(...parts) || created.has(name) ? names.project : name;
  for (const { act, topic, group } of needs) {
    const { topic: onTopic = [], subscription = [], project = [] } = permissions[act];
    add(placed(names.topic(topic), topic), onTopic, act);
    if (group !== undefined) add(placed(names.subscription(topic, group), topic, group), subscription, act);
    add(names.project, project, act);
  }
  const onProject = found.get(names.project);
  const bindings = [...found]
    .map(([resource, list]) => ({
      resource,
      permissions: [...list.keys()]
        .filter((permission) => resource === names.project || onProject?.has(permission) !== true)
        .toSorted(),
    }))
    .filter((binding) => binding.permissions.length > 0);
  return {
    rights: bindings.flatMap(({ resource, permissions: list }) =>
      list.map((action) => ({ action, resource, acts: [...(found.get(resource)?.get(action) ?? [])] })),
    ),
    document: { member: principal, bindings },
    commands: commandsOf(bindings, projectId, principal),
    notes: [
      ...(created.size > 0
        ? [
            'What concerns topics that are still to be created is granted on the whole project: a binding needs a topic that exists. Create them first, with rights of their own, and leave the role create out, to grant it on the topics alone.',
          ]
        : []),
      ...(bindings.some(({ resource }) => resource.includes('/subscriptions/'))
        ? [
            'A binding on a subscription is possible once the group exists: let somebody who may create it start it once. One that is made anew, as its topic was, needs it again.',
          ]
        : []),
      ...(needs.some(({ topic, group = '' }) => isPattern(topic, group))
        ? ['Names that end with * are granted on the whole project: Pub/Sub has no patterns.']
        : []),
    ],
  };
}

interface Binding {
  readonly resource: string;
  readonly permissions: readonly string[];
}

/** A role for each set of permissions, then who has it where. */
function commandsOf(bindings: readonly Binding[], project: string, member: string): readonly string[] {
  const roles = new Map<string, string>();
  for (const { permissions: list } of bindings)
    if (!roles.has(list.join())) roles.set(list.join(), `isostream_${roles.size + 1}`);
  return [
    ...[...roles].map(([list, role]) => `gcloud iam roles create ${role} --project=${project} --permissions=${list}`),
    ...bindings.map(({ resource, permissions: list }) => {
      const role = `--member=${member} --role=projects/${project}/roles/${roles.get(list.join()) ?? ''}`;
      const [kind, name] = resource.split('/').slice(2);
      if (kind === undefined) return `gcloud projects add-iam-policy-binding ${project} ${role}`;
      return `gcloud pubsub ${kind} add-iam-policy-binding ${name ?? ''} --project=${project} ${role}`;
    }),
  ];
}
