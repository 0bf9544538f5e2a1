import type { TestService } from '@isostream/connect/testing';
import { createMemory, createMemoryBroker } from '@isostream/memory';

/** A service in memory that forgets a silent member soon. */
export function memoryService(): TestService {
  const broker = createMemoryBroker({ sessionTimeout: 100 });
  const { control } = createMemory({ broker });
  return {
    connect: () => createMemory({ broker }),
    silence(topic, group, clientId) {
      const fault = control.stall(topic, group, clientId);
      return () => fault.undo();
    },
    failWrites() {
      const fault = control.failWrites();
      return () => fault.undo();
    },
  };
}
