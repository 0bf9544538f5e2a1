import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a reader of a page does next, or sees. */
export type Step =
  | { readonly kind: 'heading' }
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'run' | 'leave running' | 'stop'; readonly command: string }
  | { readonly kind: 'see'; readonly line: string };

/**
 * The steps of a page: a fence of `js` is the file that was named last, a line of `sh` is a command, which is left running if it
 * says so, and a line of `text` is seen; `…` stands for anything. The comment `<!-- stop: command -->` is Ctrl-C.
 */
export function steps(page: string): readonly Step[] {
  const found: Step[] = [];
  let name = '';
  let fence: { readonly language: string; readonly lines: string[] } | undefined;
  for (const line of page.split('\n')) {
    const [, language] = /^```(\w*)$/.exec(line) ?? [];
    if (fence !== undefined && language === undefined) fence.lines.push(line);
    else if (fence !== undefined) {
      found.push(...fenced(fence.language, fence.lines, name));
      fence = undefined;
    } else if (language !== undefined) fence = { language, lines: [] };
    else if (line.startsWith('## ')) found.push({ kind: 'heading' });
    else {
      const [, stopped] = /^<!-- stop: (.*) -->$/.exec(line) ?? [];
      if (stopped !== undefined) found.push({ kind: 'stop', command: stopped });
      name = /`(\w+\.mjs)`/.exec(line)?.[1] ?? name;
    }
  }
  return found;
}

function fenced(language: string, lines: readonly string[], name: string): readonly Step[] {
  if (language === 'js') return [{ kind: 'file', name, text: lines.join('\n') }];
  if (language === 'text') return lines.map((line) => ({ kind: 'see', line }));
  return lines.map((line) => {
    const [, command = line, stays] = /^(.*?)(\s+# leave it running)?$/.exec(line) ?? [];
    return { kind: stays === undefined ? 'run' : 'leave running', command };
  });
}

/** The terminals of a reader in one folder. */
export class Terminals {
  readonly #folder: string;
  readonly #running = new Map<string, ChildProcess>();
  #env: NodeJS.ProcessEnv;
  /** What was printed since the last heading. */
  #printed = '';
  #changed = (): void => undefined;

  constructor(folder: string) {
    const { ISOSTREAM_URL: _url, ISOSTREAM_PROVIDER: _provider, ISOSTREAM_CONFIG: _config, ...env } = process.env;
    this.#folder = folder;
    this.#env = env;
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'heading') this.#printed = '';
    else if (step.kind === 'file') writeFileSync(join(this.#folder, step.name), step.text);
    else if (step.kind === 'see') await this.#see(step.line);
    else if (step.kind === 'stop') await this.#stop(step.command);
    else if (step.command.startsWith('export ')) this.#export();
    else if (step.kind === 'leave running') this.#running.set(step.command, this.#start(step.command));
    else await this.#run(step.command);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((command) => this.#stop(command)));
  }

  /** The address that the broker printed: its usual port may be taken. */
  #export(): void {
    const url = this.#printed.match(/^(?:kafka|kinesis):\S+$/gm)?.at(-1) ?? this.#env['ISOSTREAM_URL'];
    this.#env = { ...this.#env, ISOSTREAM_URL: url };
  }

  #start(command: string): ChildProcess {
    const child = spawn('bash', ['-c', `exec env ${command}`], {
      cwd: this.#folder,
      env: this.#env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#printed += text;
        this.#changed();
      });
    return child;
  }

  async #run(command: string): Promise<void> {
    const code = await ended(this.#start(command));
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${this.#printed}`);
  }

  async #stop(command: string): Promise<void> {
    const child = this.#running.get(command);
    if (child?.pid === undefined) throw new Error(`${command} does not run`);
    this.#running.delete(command);
    const end = ended(child);
    // A terminal tells the whole group.
    process.kill(-child.pid, 'SIGINT');
    await end;
  }

  /** Waits until a line was printed, with whatever port was free. The time is a bound for hangs. */
  async #see(line: string): Promise<void> {
    const parts = line.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
    const expected = new RegExp(
      parts
        .join('.*')
        .replaceAll(/ +/g, ' +')
        .replaceAll(/:\d{4,5}/g, String.raw`:\d+`),
    );
    while (!expected.test(this.#printed))
      await new Promise<void>((resolve, reject) => {
        this.#changed = resolve;
        setTimeout(() => reject(new Error(`nothing says ${line} in\n${this.#printed}`)), 60_000).unref();
      });
  }
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('close', (code) => resolve(code)));
}
