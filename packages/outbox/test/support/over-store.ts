import type { OutboxStore } from '../../src/index.ts';

export type TestStore = OutboxStore<never, unknown>;

/** A store with some calls of its own. */
export function overStore(store: TestStore, own: Partial<TestStore>): TestStore {
  return {
    ensure: () => store.ensure(),
    write: (tx, rows) => store.write(tx, rows),
    read: (request) => store.read(request),
    remove: (sent, refused) => store.remove(sent, refused),
    backlog: () => store.backlog(),
    setAside: (limit) => store.setAside(limit),
    putBack: (ids) => store.putBack(ids),
    leases: store.leases,
    ...own,
  };
}
