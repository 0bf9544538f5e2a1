import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RunFolder } from '../src/run-folder.ts';
import { ServerProcess } from '../src/server-process.ts';

it('says the first errors of a server that ended before it was ready, however much it wrote after them', async () => {
  const folder = await RunFolder.create('test');
  const script = [
    "console.log('1 [main] INFO starting')",
    "console.log('2 [main] ERROR Unable to start acceptor for SSL')",
    "console.log('Caused by: java.net.BindException: Address already in use')",
    "for (let n = 0; n < 500; n++) console.log(n, 'INFO shutting down')",
  ].join(';');
  const server = new ServerProcess({
    command: process.execPath,
    args: ['-e', script],
    folder,
    logFile: join(folder.path, 'server.log'),
    ready: /is ready/,
  });
  const error = await server.start().catch((reason: unknown) => reason);
  await folder.remove();
  expect(String(error)).toMatch(
    /ended before it was ready\.\nIts first errors:\n {2}2 \[main\] ERROR Unable to start acceptor for SSL\n {2}Caused by: java\.net\.BindException: Address already in use\nThe end of .*server\.log:\n/,
  );
});
