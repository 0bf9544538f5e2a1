import { setTimeout as wait } from 'node:timers/promises';
import type { ServerProcess } from './server-process.ts';

/** Resolves when an address answers well: some servers say that they are ready before they are. */
export async function untilAnswered(
  url: string,
  name: string,
  server: ServerProcess,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    if (!server.isRunning) throw new Error(`${name} ended before it answered`);
    if (Date.now() > deadline) throw new Error(`${name} did not answer ${url} within ${timeoutMs / 1_000} s`);
    await wait(50);
  }
}
