import { execFile } from 'node:child_process';
import { createAdapter, type ProviderName, providerNames, StreamError } from 'isostream';
import type { Command } from 'commander';
import { type ClientOptions, withClientOptions, withStreams } from '../client.ts';
import { paint, print } from '../terminal.ts';

interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'missing' | 'failed';
  readonly detail: string;
}

/** What is installed, and whether the configured provider answers. */
export function addDoctorCommand(program: Command): void {
  withClientOptions(program.command('doctor').description('check this machine and the configured provider')).action(
    async (options: ClientOptions) => {
      const findings: Finding[] = [{ what: 'node', state: 'ok', detail: process.version }];
      for (const name of providerNames) findings.push(await adapter(name));
      findings.push(
        await tool('java', ['-version'], 'needed to start Kafka and Pub/Sub natively: install Java 17 or newer'),
      );
      findings.push(await tool('mvn', ['--version'], 'needed once to download Kafka: install Maven'));
      findings.push(
        await tool('gcloud', ['--version'], 'needed to start Pub/Sub natively: install it, and pubsub-emulator'),
      );
      findings.push(await tool('docker', ['info', '--format', '{{.ServerVersion}}'], 'needed only for --mode docker'));
      findings.push(await service(options));
      if (options.json === true) print(JSON.stringify(findings));
      else for (const { what, state, detail } of findings) print(`${mark(state)} ${what.padEnd(18)} ${detail}`);
      if (findings.some(({ state }) => state === 'failed')) process.exitCode = 1;
    },
  );
}

/** Whether it can be loaded; that it has no address yet is no fault of the installation. */
async function adapter(provider: ProviderName): Promise<Finding> {
  const what = `adapter ${provider}`;
  try {
    const created = await createAdapter({ provider });
    await created.close();
  } catch (error) {
    if (!StreamError.is(error)) throw error;
    if (error.code === 'missing-adapter') return { what, state: 'missing', detail: error.message };
  }
  return { what, state: 'ok', detail: 'installed' };
}

function tool(command: string, args: readonly string[], why: string): Promise<Finding> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 10_000 }, (error, stdout, stderr) => {
      const [line = ''] = `${stdout}${stderr}`.trim().split('\n');
      resolve(
        error === null
          ? { what: command, state: 'ok', detail: line }
          : { what: command, state: 'missing', detail: why },
      );
    });
  });
}

async function service(options: ClientOptions): Promise<Finding> {
  const what = 'provider';
  try {
    return await withStreams(options, async ({ adapter: { name }, admin }) => ({
      what,
      state: 'ok' as const,
      detail: `${name} answers, ${(await admin.topics()).length} topics`,
    }));
  } catch (error) {
    if (!StreamError.is(error)) throw error;
    const isUnset = error.code === 'invalid-config' && error.message.includes('no provider');
    return { what, state: isUnset ? 'missing' : 'failed', detail: error.message };
  }
}

function mark(state: Finding['state']): string {
  if (state === 'ok') return paint('green', '✓', process.stdout);
  return state === 'missing' ? paint('yellow', '○', process.stdout) : paint('red', '✗', process.stdout);
}
