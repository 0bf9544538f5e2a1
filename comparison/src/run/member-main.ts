// The main file of a member process: one client with one consumer, which does as its parent says.
import type { Adapter } from '@isostream/core';
import { History } from '@isostream/conformance/checks';
import { subjectOf } from '../subjects/index.ts';
import { recordedHandler } from './handler.ts';
import type { Command, MemberPlan, Word } from './member-plan.ts';

interface AdapterModule {
  readonly createAdapter: (settings: unknown, clientId: string) => Adapter;
}

/** What a client may still do after its close has resolved is waited for so long. */
const aftermathMs = 500;

const tell = (word: Word): boolean | undefined => (process.connected ? process.send?.(word) : undefined);

async function run({ subject, module, settings, partitions, handler }: MemberPlan): Promise<void> {
  const history = new History((entry) => tell({ entry }));
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- the suite that wrote the plan has this module
  const { createAdapter }: AdapterModule = await import(module);
  const service = { settings, createAdapter: (clientId: string) => createAdapter(settings, clientId) };
  const client = await subjectOf(subject).open(service, handler.member);
  const consumption = await client.consume({
    topic: handler.topic,
    group: handler.group,
    partitions,
    handle: recordedHandler(handler, (entry) => history.record(entry)),
    ready: () => tell({ done: 'ready' }),
    failed: died,
  });
  const commands: Readonly<Record<Command, () => Promise<void>>> = {
    pause: async () => consumption.pause?.(),
    resume: async () => consumption.resume?.(),
    async close() {
      await consumption.close();
      history.record({ kind: 'closed', member: handler.member });
      setTimeout(() => void client.close().finally(() => process.exit(0)), aftermathMs);
    },
  };
  process.on('message', (command: Command) => {
    commands[command]().then(() => tell({ done: command }), died);
  });
}

function died(error: unknown): void {
  tell({ died: error instanceof Error ? error.message : String(error) });
}

process.on('uncaughtException', died).on('unhandledRejection', died);
process.once('message', (plan: MemberPlan) => void run(plan).catch(died));
process.once('disconnect', () => process.exit(0));
