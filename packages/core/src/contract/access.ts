/** What somebody does with a topic, or with a group on it. */
export type AccessAct =
  /** Sends events. */
  | 'write'
  /** Is a member of a group, reads and commits. */
  | 'join'
  /** Reads without a group. */
  | 'replay'
  /** Compares the topic with its declaration. */
  | 'describe'
  | 'create'
  /** Changes partitions and settings. */
  | 'alter'
  | 'delete'
  /** Sees which groups there are and how far behind they are, and moves them. */
  | 'move-group'
  | 'delete-group';

/** One act, and what it is done to. A name that ends with `*` stands for all that begin so. */
export interface AccessNeed {
  readonly act: AccessAct;
  readonly topic: string;
  /** Only with acts that concern a group. */
  readonly group?: string;
}

/** One right, in the words of the provider. */
export interface AccessRight {
  /** Such as `WRITE`, `kinesis:PutRecords` or the name of a role. */
  readonly action: string;
  /** What it is on, as the provider names it. */
  readonly resource: string;
  /** What it is needed for. */
  readonly acts: readonly AccessAct[];
}

/** The least rights for some acts, as a provider takes them. */
export interface AccessPolicy {
  readonly rights: readonly AccessRight[];
  /** What the provider takes as JSON: ACL bindings, a policy, permissions by resource. */
  readonly document: unknown;
  /** Commands of the provider's own tools that grant the rights; what is to be replaced in them is in capital letters after `$`. */
  readonly commands: readonly string[];
  /** What this leaves open. */
  readonly notes: readonly string[];
}

/** Who gets the rights, and what a configuration says of the service. */
export interface PolicyOptions {
  /** As the provider names who gets the rights, such as `User:orders`; a placeholder without it. */
  readonly principal?: string;
  /** The options of the adapter, as far as they are known. */
  readonly options: Readonly<Record<string, unknown>>;
}
