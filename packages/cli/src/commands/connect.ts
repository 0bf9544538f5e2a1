import { ConfigError, type ConnectPlan, readConnectFiles, runConnectors } from '@isostream/connect';
import type { Command } from 'commander';
import { connect } from 'isostream';
import { usage } from '../client.ts';
import { interruption } from '../interruption.ts';
import { paint, say } from '../terminal.ts';

/** Connectors by Kafka Connect's files. */
export function addConnectCommands(program: Command): void {
  const group = program
    .command('connect')
    .description('run sinks and sources by Kafka Connect’s property files, or check the files');
  group
    .command('run')
    .description('run connectors until interrupted; fails as soon as one of them fails')
    .argument('<worker>', 'the file of the worker')
    .argument('<connectors...>', 'the files of connectors')
    .action(async (worker: string, connectors: readonly string[]) => {
      const plan = await planOf(worker, connectors);
      const streams = await connect({ topics: [], topology: 'assume', ...plan.service });
      try {
        await runConnectors(plan, streams, { signal: interruption.signal, say });
      } finally {
        await streams.close();
      }
    });
  group
    .command('check')
    .description('say what is wrong with the files, and what has no effect, without running them')
    .argument('<worker>', 'the file of the worker')
    .argument('<connectors...>', 'the files of connectors')
    .action(async (worker: string, connectors: readonly string[]) => {
      const { connectors: found } = await planOf(worker, connectors);
      say(`${found.map(({ name }) => name).join(', ')}: no errors`);
    });
}

async function planOf(worker: string, connectors: readonly string[]): Promise<ConnectPlan> {
  try {
    const plan = await readConnectFiles(worker, connectors);
    for (const warning of plan.warnings) say(`${paint('yellow', 'warning')} ${warning}`);
    return plan;
  } catch (error) {
    throw error instanceof ConfigError ? usage(error.message) : error;
  }
}
