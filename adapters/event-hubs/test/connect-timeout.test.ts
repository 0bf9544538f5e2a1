import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Wire } from '../src/client/wire.ts';
import { resolveOptions } from '../src/settings.ts';

let server: Server | undefined;
afterEach(() => server?.close());

it('gives up a connection that is taken and then says nothing, however long requests may take', async () => {
  server = createServer((socket) => void socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const connectionString = `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0;UseDevelopmentEmulator=true;`;
  const wire = new Wire(resolveOptions({ connectionString, connectTimeout: '50ms', requestTimeout: '10m' }));

  await expect(wire.prove(new AbortController().signal)).rejects.toMatchObject({
    code: 'timeout',
    message: expect.stringContaining('no connection to the namespace within 50 ms') as unknown,
  });
  await wire.close();
});
