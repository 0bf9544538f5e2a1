import { parentPort } from 'node:worker_threads';
import { runSeeds, type Tally } from './run-seed.ts';

/** A stretch of seeds, asked for by the parent and answered with a {@link Tally}. */
export interface Stretch {
  readonly from: number;
  readonly count: number;
}

// Errors are made by the thousand here, and nobody reads where.
Error.stackTraceLimit = 0;

let unhandled: string[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));

parentPort?.on('message', ({ from, count }: Stretch) => {
  void (async () => {
    let tally = await runSeeds(from, count);
    // Rejections that nobody took are reported once the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
    if (unhandled.length > 0)
      tally = { ...tally, failures: [...tally.failures, { seed: from, findings: { unhandled } }] };
    unhandled = [];
    parentPort?.postMessage(tally satisfies Tally);
  })();
});
