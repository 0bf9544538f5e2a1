import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  ResourcePatternTypes,
} from 'kafkajs';

/** An ACL as `isostream policy --provider kafka --json` prints it. */
export interface Binding {
  readonly principal: string;
  readonly host: string;
  readonly permissionType: 'allow';
  readonly resourceType: 'topic' | 'group';
  readonly resourceName: string;
  readonly patternType: 'literal' | 'prefixed';
  readonly operation: string;
}

const operations: Readonly<Record<string, AclOperationTypes>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Delete: AclOperationTypes.DELETE,
  Alter: AclOperationTypes.ALTER,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  AlterConfigs: AclOperationTypes.ALTER_CONFIGS,
};

/** Gives these ACLs to their principal, which has no other ones, and waits until the broker goes by them. */
export async function grantExactly(admin: Admin, bindings: readonly Binding[]): Promise<void> {
  const acl = bindings.map(entryOf);
  const all = {
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  };
  await admin.deleteAcls({ filters: [all] });
  await admin.createAcls({ acl });
  for (;;) {
    const { resources } = await admin.describeAcls(all);
    const count = resources.reduce((sum, { acls }) => sum + acls.length, 0);
    if (count === bindings.length) return;
  }
}

function entryOf({ principal, host, resourceType, resourceName, patternType, operation }: Binding): AclEntry {
  return {
    principal,
    host,
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: resourceType === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
    resourceName,
    resourcePatternType: patternType === 'literal' ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
    operation: operations[operation] ?? AclOperationTypes.UNKNOWN,
  };
}
