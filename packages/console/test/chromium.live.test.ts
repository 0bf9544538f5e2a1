import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Console, type ConsoleOptions, startConsole } from '../src/index.ts';
import { launch } from './support/browser.ts';
import { longKey, type Demo, orders, payments, startDemo } from './support/demo.ts';

/** Where pictures for the docs go, where they are asked for. */
const pictures = process.env['ISOSTREAM_SCREENSHOTS'];

let browser: Browser;
beforeAll(async () => {
  const build = new URL('../build.js', import.meta.url).pathname;
  const { status, stderr } = spawnSync('node', [build], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  // A name that somebody points at this machine.
  browser = await launch(['--host-resolver-rules=MAP evil.test 127.0.0.1']);
});
afterAll(() => browser.close());

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

interface Opened {
  readonly page: Page;
  readonly demo: Demo;
  readonly console: Console;
  /** Errors of the page and requests to anywhere else. */
  readonly wrong: readonly string[];
  readonly go: (hash: string) => Promise<void>;
}

async function open(
  options: Partial<ConsoleOptions> = {},
  look: { readonly width?: number; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<Opened> {
  const demo = await startDemo();
  const started = await startConsole({ streams: demo.streams, everyMs: 200, audit: () => undefined, ...options });
  const { width = 1280, colorScheme = 'light' } = look;
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
  opened.push(demo, started, context);
  const page = await context.newPage();
  const wrong: string[] = [];
  const { origin } = new URL(started.url);
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('request', (request) => request.url().startsWith(`${origin}/`) || wrong.push(request.url()));
  await page.goto(started.url);
  await page.getByText('Groups that need somebody').waitFor();
  const go = async (hash: string): Promise<void> => page.evaluate((to) => void (location.hash = to), hash);
  return { page, demo, console: started, wrong, go };
}

/** What axe finds wrong with what is shown, contrast as well. */
async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await run.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

/** Every page, and what is to be seen on it. */
const pages: readonly (readonly [name: string, hash: string, text: string])[] = [
  ['now', '#/now', 'order.shipped'],
  ['topics', '#/topics', 'payments'],
  ['topic', '#/topic/orders', 'payload contains'],
  ['topic-groups', '#/topic/orders?tab=groups', 'export'],
  ['topic-settings', '#/topic/orders?tab=settings', 'partition names'],
  ['topic-send', '#/topic/orders?tab=send', 'payload, as JSON'],
  ['event', '#/event/payments/0/0', 'Payload'],
  ['groups', '#/groups', 'audit'],
  ['group', '#/group/orders/export', 'export-1'],
  ['letters', '#/letters/orders/billing', 'Plan to send back all 12'],
  ['letter', '#/letter/orders/billing/0%2F0', 'no carrier'],
  ['jobs', '#/jobs', 'Nothing was done yet'],
  ['about', '#/about', 'It tells everything'],
];

describe.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)('every page, in %s, %i wide', (colorScheme, width) => {
  it('is readable, obeys no payload, and asks nobody else', async () => {
    const { page, wrong, go } = await open({ allowChanges: true }, { width, colorScheme });
    for (const [name, hash, text] of pages) {
      await go(hash);
      await page.getByText(text).first().waitFor();
      expect(await findings(page), name).toEqual([]);
      const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect([name, isWider]).toEqual([name, false]);
      if (pictures !== undefined && (width === 1280 || name === 'now' || name === 'letters')) {
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: `${pictures}/console-${name}-${colorScheme}-${width}.png` });
      }
    }
    expect([await page.title(), wrong]).toEqual(['isostream console', []]);
  });
});

describe('the page', () => {
  it('sends letters back by keyboard alone: plan, run, result', async () => {
    const { page, demo, wrong } = await open({ allowChanges: true });
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await page.getByRole('heading', { name: 'Dead letters' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const plan = page.getByRole('button', { name: /Plan to send back all/ });
    await plan.waitFor();
    await page
      .getByText(/letters? of group|× card-declined/)
      .first()
      .waitFor();
    await plan.focus();
    await page.keyboard.press('Enter');
    await page.getByText(/It sends \d+ letters? of group billing back to orders, in order/).waitFor();
    expect((await findings(page)).join('\n')).toBe('');
    await page.getByRole('button', { name: 'Run redrive' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText(/^done: /).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    let left = 0;
    for await (const _ of demo.streams.deadLetters(orders, { group: 'billing' })) left++;
    expect(left).toBeLessThan(12);
    await page.keyboard.press('g');
    await page.keyboard.press('j');
    await page.getByText('sends').first().waitFor();
    expect(wrong).toEqual([]);
  });

  it('edits a letter and sends it, and then it is gone', async () => {
    const { page, demo, go } = await open({ allowChanges: ['edit'] });
    await go('#/letter/orders/billing/0%2F0');
    await page.getByRole('button', { name: 'Edit and send' }).click();
    await page.getByLabel('payload to send instead').fill('{"n": 12345678901234567890}');
    await page.getByRole('button', { name: 'Plan to send this' }).click();
    await page.getByRole('button', { name: 'Run edit' }).click();
    await page.getByText(/^done/).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('has no letter').waitFor();
    let left = 0;
    for await (const _ of demo.streams.deadLetters(orders, { group: 'billing' })) left++;
    expect(left).toBe(11);
  });

  it('asks for the name of a group before it moves it, and Enter does not confirm', async () => {
    const { page, demo, go } = await open({ allowChanges: true });
    await go('#/group/orders/billing');
    await page.getByLabel('Go on at').fill('earliest');
    await page.keyboard.press('Enter');
    const run = page.getByRole('button', { name: 'Run reset' });
    await run.waitFor();
    expect(await run.isDisabled()).toBe(true);
    await page.getByLabel('to confirm').fill('billing');
    await page.keyboard.press('Enter');
    expect(await page.getByText('done').count()).toBe(0);
    await run.click();
    await page.getByText('done').first().waitFor();
    const lags = await demo.streams.admin.lag(orders, 'billing');
    expect(lags.map(({ committed }) => committed)).toEqual(['0', '0', '0']);
  });

  it('says what events can be asked for, and cuts a key that is longer than a row', async () => {
    const { page, go } = await open();
    await go('#/topic/payments');
    await page.getByText('Follow live shows what arrives from now on').waitFor();
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('cell', { name: `${longKey.slice(0, 100)}…`, exact: true }).waitFor();
    expect(await page.getByText(longKey.slice(0, 200)).count()).toBe(0);
  });

  it('names the members that a deletion waits for', async () => {
    const { page, go } = await open();
    await go('#/group/orders/export');
    await page.getByRole('button', { name: 'Plan to delete it' }).click();
    const members = page.getByText('Members must stop first; ');
    await members.waitFor();
    expect(await members.innerText()).toContain('1 run: export-1');
  });

  it('shows bytes that are no text in hexadecimal, with a way to the whole', async () => {
    const { page, demo, go } = await open();
    const bytes = Uint8Array.from({ length: 5_000 }, (_, index) => index % 256);
    const { partition, position } = await demo.streams.producer(payments).send({ key: null, value: bytes });
    await go(`#/event/payments/${partition}/${position}`);
    const line = '00000030  30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f  0123456789:;<=>?';
    const dump = page.getByText(line);
    await dump.waitFor();
    expect((await dump.innerText()).split('\n')).toHaveLength(4_096 / 16);
    await page.getByText('All as base64').click();
    await page.getByText(Buffer.from(bytes).toString('base64')).waitFor();
  });

  it('shows no figures of a group that is gone', async () => {
    const { page, demo, go } = await open();
    await go('#/group/orders/billing');
    await page.getByRole('heading', { name: 'Partitions' }).waitFor();
    await demo.streams.admin.deleteGroup(orders, 'billing');
    await page.getByText('topic orders has no group billing').waitFor();
    expect(await page.getByRole('heading', { name: 'Partitions' }).count()).toBe(0);
  });

  it('says that letters are from before while they are counted again', async () => {
    const { page, go } = await open();
    await go('#/letters/orders/billing');
    await page.getByText('Plan to send back all 12').waitFor();
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    await page.route('**/api/letters?*', async (route) => {
      await asked;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Look again' }).click();
    const note = page.getByText('what is shown is from before');
    await note.waitFor();
    expect(await page.getByRole('link', { name: '0/0', exact: true }).count()).toBe(1);
    answer();
    await note.waitFor({ state: 'detached' });
    await page.unrouteAll({ behavior: 'wait' });
  });

  it('has a link for a group whose name is blank', async () => {
    const { page, go } = await open();
    await page.route('**/api/overview', async (route) => {
      const response = await route.fetch();
      const text = (await response.text()).replaceAll('"group":"export"', '"group":"  "');
      await route.fulfill({ response, body: text });
    });
    await go('#/groups');
    const link = page.getByRole('link', { name: '"  "' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('#/group/orders/%20%20');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('shows plans and runs none where it is read-only', async () => {
    const { page, go } = await open();
    await go('#/letters/orders/billing');
    await page.getByRole('button', { name: /Plan to discard all 12/ }).click();
    await page.getByText('This console is read-only').waitFor();
    expect(await page.getByRole('button', { name: 'Run discard' }).isDisabled()).toBe(true);
  });

  it('follows what arrives, and moves nothing under the pointer', async () => {
    const { page, demo, go } = await open();
    await go('#/topic/payments');
    await page.getByRole('button', { name: 'Follow live' }).click();
    await page.getByText('what is sent from now on').waitFor();
    const producer = demo.streams.producer({ ...orders, name: 'payments' });
    await producer.send({ type: 'order.placed', data: 'first' });
    const row = page.getByRole('cell', { name: '"first"' });
    await row.hover();
    const before = await row.boundingBox();
    await producer.send({ type: 'order.placed', data: 'second' });
    const more = page.getByRole('button', { name: '1 new' });
    await more.waitFor();
    expect(await page.getByRole('cell', { name: '"second"' }).count()).toBe(0);
    expect((await row.boundingBox())?.x).toBe(before?.x);
    await page.keyboard.press('.');
    await page.getByRole('cell', { name: '"second"' }).waitFor();
  });

  it('says that the service is away, with the last figures, and goes on when it is back', async () => {
    const { page, demo } = await open();
    await page.getByRole('link', { name: 'export' }).waitFor();
    const back = demo.broker.goAway();
    await page.getByText('The service does not answer').waitFor();
    await page.getByRole('link', { name: 'export' }).waitFor();
    back();
    await page.getByText('The service does not answer').waitFor({ state: 'detached' });
    expect(await page.getByRole('link', { name: 'export' }).count()).toBe(1);
  });

  it('keeps its token out of the address, and is of no use without it', async () => {
    const { page, console: started } = await open();
    expect(page.url()).not.toContain('token');
    const context = await browser.newContext();
    opened.push(context);
    const other = await context.newPage();
    await other.goto(new URL(started.url).origin);
    await other.getByText('the token is missing').first().waitFor();
  });

  it('answers no page of another name or port', async () => {
    const { console: started } = await open();
    const { port } = new URL(started.url);
    const server = createServer((_, response) => response.end('<!doctype html><title>other</title>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const otherPort = typeof address === 'object' && address !== null ? address.port : 0;
    const context = await browser.newContext();
    opened.push(context, { close: () => new Promise((resolve) => server.close(resolve)) });
    const page = await context.newPage();
    const rebound = await page.goto(`http://evil.test:${port}/`);
    expect(rebound?.status()).toBe(403);
    await page.goto(`http://127.0.0.1:${otherPort}/`);
    const tried = await page.evaluate(async (to) => {
      const answer = await fetch(`http://127.0.0.1:${to}/api/about`, { headers: { authorization: 'Bearer x' } }).catch(
        () => 'refused',
      );
      return typeof answer === 'string' ? answer : answer.status;
    }, port);
    expect(tried).toBe('refused');
  });
});
