import { describe, expect, it } from 'vitest';
import { onLoopback } from '../src/container.ts';

describe('ports of a container', () => {
  it('are published on this machine only', () => {
    const bindings = { '9092/tcp': [{ HostPort: '0' }], '8000/tcp': [{ HostPort: '8000', HostIp: '0.0.0.0' }] };
    onLoopback(bindings);
    expect(bindings).toEqual({
      '9092/tcp': [{ HostPort: '0', HostIp: '127.0.0.1' }],
      '8000/tcp': [{ HostPort: '8000', HostIp: '127.0.0.1' }],
    });
  });
});
