import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Addresses that the processes of a broker listen on and that others than this machine can reach; with how many ports there are. */
export function listening(logFolder: string | undefined): { readonly ports: number; readonly open: readonly string[] } {
  const lines = readFileSync(join(logFolder ?? '', 'processes.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const pids = lines.map((line) => (JSON.parse(line) as { readonly pid: number }).pid);
  const addresses = pids.flatMap(process.platform === 'linux' ? onLinux : byLsof);
  return { ports: addresses.length, open: addresses.filter((address) => !/^(?:127\.|::1$)/.test(address)) };
}

function onLinux(pid: number): readonly string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try {
        return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1]];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.has(inode))
      .map(([, local = '']) => dotted(local.split(':')[0] ?? '')),
  );
}

/** The last four bytes, which Linux writes the other way round; `::` where an IPv6 address is no IPv4 one. */
function dotted(hex: string): string {
  if (hex === '00000000000000000000000001000000') return '::1';
  if (hex.length > 8 && !hex.startsWith('0000000000000000FFFF0000')) return '::';
  return (hex.slice(-8).match(/../g) ?? [])
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

function byLsof(pid: number): readonly string[] {
  const text = execFileSync('lsof', ['-nP', '-a', '-iTCP', '-sTCP:LISTEN', '-Fn', '-p', String(pid)], {
    encoding: 'utf8',
  });
  return [...text.matchAll(/^n(.*):\d+$/gm)].map(([, address = '']) => address.replace(/[[\]]/g, ''));
}
