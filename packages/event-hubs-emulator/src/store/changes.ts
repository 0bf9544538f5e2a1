import type { HubOptions, Namespace } from './namespace.ts';
import type { NewEvent } from './stored-event.ts';

/** One change of a namespace: what a journal holds, and all that changes one. */
export type Change =
  | { readonly kind: 'create'; readonly hub: string; readonly settings: HubOptions; readonly nowMs: number }
  | { readonly kind: 'alter'; readonly hub: string; readonly settings: Omit<HubOptions, 'consumerGroups'> }
  | { readonly kind: 'delete'; readonly hub: string }
  | { readonly kind: 'create-group' | 'delete-group'; readonly hub: string; readonly group: string }
  | { readonly kind: 'trim'; readonly hub: string; readonly partition: string; readonly before: number }
  | {
      readonly kind: 'append';
      readonly hub: string;
      readonly partition: string;
      readonly events: readonly NewEvent[];
      readonly nowMs: number;
    };

/** Throws `ServiceError`, without effect. `false` where there was nothing to change. */
export function applyChange(namespace: Namespace, change: Change): boolean {
  switch (change.kind) {
    case 'create':
      namespace.create(change.hub, change.settings, change.nowMs);
      return true;
    case 'alter':
      namespace.alter(change.hub, change.settings);
      return true;
    case 'delete':
      namespace.delete(change.hub);
      return true;
    case 'create-group':
      namespace.addGroup(change.hub, change.group);
      return true;
    case 'delete-group':
      namespace.removeGroup(change.hub, change.group);
      return true;
    case 'trim':
      namespace.hub(change.hub).partition(change.partition).trimBefore(change.before);
      return true;
    case 'append': {
      const partition = namespace.hub(change.hub).partition(change.partition);
      if (!partition.producers.admit(change.events)) return false;
      partition.append(change.events, change.nowMs);
      return true;
    }
  }
}
