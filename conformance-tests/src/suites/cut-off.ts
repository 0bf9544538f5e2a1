import type { TcpProxy } from '@isostream/fault-injection';
import type { HarnessFaults } from './harness.ts';

/** One client is cut off at all of its proxies. Only on Linux can processes of one machine come from addresses of their own. */
export function cutOffBy(...proxies: readonly TcpProxy[]): Pick<HarnessFaults, 'cutOff'> {
  if (process.platform !== 'linux') return {};
  return {
    cutOff(address) {
      const undos = proxies.map((proxy) => proxy.cutOff(address));
      return () => {
        for (const undo of undos) undo();
      };
    },
  };
}
