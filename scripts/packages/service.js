import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

/** Starts a created service against a service of events, gives it an order, sees it billed, and stops it as a platform does. */
export async function tryService(folder, url) {
  const env = { ...process.env, ISOSTREAM_URL: url, PORT: '0' };
  const child = spawn('node', ['dist/main.js'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text));
  const ended = once(child, 'exit');
  try {
    const place = await until(child, () => /listening on (http:\S+)/.exec(said.join(''))?.[1], said);
    const body = JSON.stringify({ id: `o-${process.pid}-${Date.now()}`, total: 9 });
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`${place}/orders`, { method: 'POST', headers, body });
    if (status !== 202) throw new Error(`POST /orders: ${status}\n${said.join('')}`);
    const handled = /^messaging_process_duration_seconds_count\{[^}]*\} [1-9]/m;
    await until(child, async () => handled.test(await (await fetch(`${place}/metrics`)).text()), said);
    for (const path of ['livez', 'readyz', 'startupz']) {
      const answer = await fetch(`${place}/${path}`);
      if (answer.status !== 200) throw new Error(`/${path}: ${answer.status} ${await answer.text()}`);
    }
    child.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0) throw new Error(`it ended with ${code}\n${said.join('')}`);
  } finally {
    child.kill('SIGKILL');
  }
}

async function until(child, seen, said) {
  // A bound for hangs: machines that install and compile at once are slow.
  const end = performance.now() + 120_000;
  for (;;) {
    const found = await seen();
    if (found) return found;
    if (child.exitCode !== null || performance.now() > end) throw new Error(`it did not get there:\n${said.join('')}`);
    await setTimeout(100);
  }
}
