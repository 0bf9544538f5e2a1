import type { AccessAct, AccessNeed, AccessPolicy, PolicyOptions } from '@isostream/core/adapter';
import type { EventHubsPlan } from './plan.ts';

const sender = 'Azure Event Hubs Data Sender';
const receiver = 'Azure Event Hubs Data Receiver';
const blobs = 'Storage Blob Data Contributor';
const hubs = 'Microsoft.EventHub/namespaces/eventhubs';
const groups = `${hubs}/consumergroups`;

/** What each act takes: a role of the data plane on the hub, one on the container, and actions of the control plane on the hub. */
interface Access {
  readonly hub?: string;
  /** Any role on the hub will do: to ask for its properties. */
  readonly look?: true;
  readonly container?: string;
  /** Only where the adapter reaches the control plane, by its option `management`. */
  readonly managed?: readonly string[];
  /** What cannot be done without. */
  readonly control?: readonly string[];
}

const access: Readonly<Record<AccessAct, Access>> = {
  write: { hub: sender, managed: [`${hubs}/read`] },
  join: { hub: receiver, container: blobs, managed: [`${groups}/read`, `${groups}/write`] },
  replay: { hub: receiver, managed: [`${groups}/read`, `${groups}/write`] },
  describe: { look: true, managed: [`${hubs}/read`] },
  create: { look: true, control: [`${hubs}/read`, `${hubs}/write`] },
  alter: { look: true, control: [`${hubs}/read`, `${hubs}/write`] },
  delete: { look: true, control: [`${hubs}/read`, `${hubs}/delete`] },
  'move-group': { hub: receiver, container: blobs },
  'delete-group': { hub: receiver, container: blobs, managed: [`${groups}/delete`] },
};

interface Grant {
  readonly scope: string;
  readonly role: string;
  readonly acts: Set<AccessAct>;
}

/** The least roles for these acts, with their scopes; what no role of Azure grants alone is a role of its own. */
export function eventHubsPolicy(
  needs: readonly AccessNeed[],
  { principal = '$PRINCIPAL', options }: PolicyOptions,
): AccessPolicy {
  const scopes = new Scopes(options);
  const data = new Map<string, Grant>();
  const control = new Map<string, Map<string, Set<AccessAct>>>();
  const grant = (scope: string, role: string, act: AccessAct): void => {
    const known = data.get(`${scope} ${role}`);
    if (known === undefined) data.set(`${scope} ${role}`, { scope, role, acts: new Set([act]) });
    else known.acts.add(act);
  };
  for (const { act, topic } of needs) {
    const { hub, container, managed = [], control: always = [] } = access[act];
    if (hub !== undefined) grant(scopes.hub(topic), hub, act);
    if (container !== undefined) grant(scopes.container, container, act);
    for (const action of [...always, ...(scopes.isManaged ? managed : [])]) {
      const onHub = control.get(scopes.hub(topic)) ?? new Map<string, Set<AccessAct>>();
      control.set(scopes.hub(topic), onHub.set(action, (onHub.get(action) ?? new Set<AccessAct>()).add(act)));
    }
  }
  for (const { act, topic } of needs) {
    const scope = scopes.hub(topic);
    if (access[act].look === true && !data.has(`${scope} ${sender}`)) grant(scope, receiver, act);
  }
  const roles = [...data.values()];
  const actions = [...new Set([...control.values()].flatMap((list) => [...list.keys()]))].toSorted();
  const custom = {
    Name: 'isostream hubs',
    Description: 'Hubs and consumer groups of isostream',
    Actions: actions,
    AssignableScopes: [scopes.namespace],
  };
  return {
    rights: [
      ...roles.map(({ role, scope, acts }) => ({ action: role, resource: scope, acts: [...acts] })),
      ...[...control].flatMap(([resource, list]) =>
        [...list].map(([action, acts]) => ({ action, resource, acts: [...acts] })),
      ),
    ],
    document: {
      principal,
      assignments: roles.map(({ role, scope }) => ({ role, scope })),
      ...(actions.length === 0 ? {} : { customRole: custom, customRoleScopes: [...control.keys()] }),
    },
    commands: [
      ...roles.map(({ role, scope }) => assignment(principal, role, scope)),
      ...(actions.length === 0
        ? []
        : [
            `az role definition create --role-definition '${JSON.stringify(custom)}'`,
            ...[...control.keys()].map((scope) => assignment(principal, custom.Name, scope)),
          ]),
    ],
    notes: [
      ...(scopes.isManaged || actions.length > 0
        ? []
        : ['Without the option management the adapter creates no hubs and no consumer groups: somebody else has to.']),
      ...(needs.some(({ topic }) => topic.includes('*'))
        ? ['Names that end with * are granted on the whole namespace: Azure has no patterns.']
        : []),
    ],
  };
}

function assignment(principal: string, role: string, scope: string): string {
  return `az role assignment create --assignee ${principal} --role '${role}' --scope ${scope}`;
}

/** Full ids of resources; what the configuration does not say is a placeholder. */
class Scopes {
  readonly namespace: string;
  readonly container: string;
  readonly isManaged: boolean;

  constructor(options: EventHubsPlan) {
    const { management, checkpoints, fullyQualifiedNamespace, connectionString = '' } = options;
    const [, host = fullyQualifiedNamespace] = /Endpoint=sb:\/\/([^;/]+)/i.exec(connectionString) ?? [];
    const group = `/subscriptions/${management?.subscriptionId ?? '$SUBSCRIPTION'}/resourceGroups/${management?.resourceGroup ?? '$RESOURCE_GROUP'}`;
    const name = management?.namespace ?? host?.split('.')[0] ?? '$NAMESPACE';
    const [, account = '$STORAGE_ACCOUNT', path = '$CONTAINER'] =
      /^https:\/\/([^./]+)\.[^/]*\/([^/?]+)/.exec(checkpoints?.url ?? '') ?? [];
    this.isManaged = management !== undefined;
    this.namespace = `${group}/providers/Microsoft.EventHub/namespaces/${name}`;
    this.container = `${group}/providers/Microsoft.Storage/storageAccounts/${account}/blobServices/default/containers/${checkpoints?.container ?? path}`;
  }

  hub(topic: string): string {
    return topic.includes('*') ? this.namespace : `${this.namespace}/eventhubs/${topic}`;
  }
}
