import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainAll } from '../src/report/explain.ts';
import type { ReportDocument } from '../src/report/document.ts';
import { html } from '../src/report/html.ts';
import { timelineOf } from '../src/report/timeline.ts';
import { mutants } from '../src/mutants/mutants.ts';
import { runMutants } from '../src/mutants/run-mutants.ts';
import { runScenarios } from '../src/run/runner.ts';
import { scenarios } from '../src/scenarios/index.ts';
import { memoryHarness } from '../src/suites/memory.ts';

/** Where pictures go, where they are asked for. */
const pictures = process.env['ISOSTREAM_SCREENSHOTS'];
const folder = mkdtempSync(join(tmpdir(), 'isostream-report-'));
const known = [
  process.env['ISOSTREAM_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const executablePath = known.find((path) => path !== undefined && existsSync(path));
let browser: Browser;

beforeAll(async () => {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
  browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

const harness = memoryHarness();
const selected = scenarios.filter(({ id }) => /^(?:no-loss\/all-is|groups\/a-member-freezes)/.test(id));

function documentOf(reports: ReportDocument['scenarios'], more: Partial<ReportDocument> = {}): ReportDocument {
  return {
    format: 'isostream-conformance',
    version: 1,
    provider: harness.name,
    broker: harness.broker,
    date: '2026-01-02T03:04:05.000Z',
    command: 'isostream conformance --provider memory --seed 1',
    seed: 1,
    versions: { isostream: '1.0.0', node: '20.19.0', commit: 'abcdef0123456789+', clients: ['client 1.2.3'] },
    differences: [],
    scenarios: reports,
    notRun: [{ scenario: 'no-loss/three', clause: 'NO-LOSS', title: 'three', why: 'it breaks the service' }],
    ...more,
  };
}

/** A run in which nothing fails, of thousands of events. */
async function passing(): Promise<ReportDocument> {
  const reports: ReportDocument['scenarios'][number][] = [];
  await runScenarios({
    harness,
    scenarios: selected,
    seed: 1,
    onEnd: (report, entries) => void reports.push({ ...report, timeline: timelineOf(entries) }),
  });
  return documentOf(reports);
}

/** A wrong version, which fails in thousands of events. */
async function failing(): Promise<ReportDocument> {
  const reports: ReportDocument['scenarios'][number][] = [];
  const [ended] = await runMutants({
    harness,
    mutants: mutants.filter(({ name }) => name === 'deliver-twice'),
    scenarios: selected,
    seed: 1,
    scale: 1,
    onScenario: (report, entries) =>
      void reports.push({ ...report, timeline: timelineOf(entries), explained: explainAll(report.failures, entries) }),
  });
  if (ended === undefined) throw new Error('no mutant ran');
  const { mutant: name, defect, verdict } = ended;
  return documentOf(reports, { provider: `memory, ${name}`, mutant: { name, defect, verdict } });
}

const looks = [
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const;

async function opened(file: string, [colorScheme, width]: (typeof looks)[number]) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('request', (request) => request.url() === `file://${file}` || wrong.push(request.url()));
  await page.goto(`file://${file}`);
  return { page, wrong, close: () => context.close() };
}

/** What axe finds wrong with what is shown, contrast as well. */
async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await run.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html: node }) => `${id}: ${node}`));
  });
}

/** How many different colours the first timeline has. */
function coloursOf(page: Page): Promise<number> {
  return page
    .locator('canvas')
    .first()
    .evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) return 0;
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
      const colours = new Set<string>();
      for (let at = 0; at < data.length; at += 4 * 31) colours.add([data[at], data[at + 1], data[at + 2]].join());
      return colours.size;
    });
}

/** Whether the names of faults stand below the lanes, where no bar is: in red, and nothing blue. */
function namesBelowLanes(page: Page): Promise<boolean> {
  return page
    .locator('canvas')
    .first()
    .evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) return false;
      const below = 14 * devicePixelRatio;
      const strip = canvas.getContext('2d')?.getImageData(0, canvas.height - below, canvas.width, below);
      const { data } = strip ?? { data: [] };
      const colours = Array.from({ length: data.length / 4 }, (_, at) => data.slice(4 * at, 4 * at + 3));
      const isNear = ([red = 0, green = 0, blue = 0]: ArrayLike<number> & Iterable<number>): boolean =>
        red > 150 && green < 130 && blue < 130;
      const isBar = ([red = 0, , blue = 0]: ArrayLike<number> & Iterable<number>): boolean => red < 100 && blue > 250;
      return colours.filter(isNear).length > 10 && !colours.some(isBar);
    });
}

async function shown(name: string, report: ReportDocument, steps: (page: Page) => Promise<void>): Promise<void> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html([report]));
  for (const look of looks) {
    const { page, wrong, close } = await opened(file, look);
    await page.getByText('client 1.2.3, commit abcdef012345 with changes').waitFor();
    await steps(page);
    // Each scheme and each width once.
    if (look.join() === 'light,1280' || look.join() === 'dark,390')
      expect(await findings(page), look.join()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
    expect(wrong).toEqual([]);
    if (pictures !== undefined) {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: `${pictures}/report-${name}-${look.join('-')}.png`, fullPage: true });
    }
    await close();
  }
}

describe('a report in a browser', { timeout: 480_000 }, () => {
  it('of a run that passes is readable, asks nobody for anything, and draws thousands of events', async () => {
    const report = await passing();
    const [first] = report.scenarios;
    expect(report.scenarios.map(({ verdict }) => verdict)).toEqual(['passed', 'passed']);
    expect(first?.timeline?.attempts.length).toBeGreaterThan(1_000);
    await shown('passing', report, async (page) => {
      await page.getByText('everything that ran kept its promise; 1 not run').waitFor();
      expect(await page.locator('canvas').count()).toBe(0);
      for (const summary of await page.locator('summary').all()) await summary.click();
      const lanes = page.getByText(/^\d+ of \d+ lanes/).first();
      await lanes.waitFor();
      expect(await coloursOf(page)).toBeGreaterThan(3);
      await page.getByLabel('filter keys').first().fill('k17');
      expect(await lanes.textContent()).toMatch(/^(\d+) of \1 lanes/);
      await page.locator('canvas').first().press('+');
      await page.getByLabel('lanes').first().selectOption('members');
      await page.getByLabel('filter keys').first().fill('');
      expect(await coloursOf(page)).toBeGreaterThan(3);
      await page.getByText('whole run').first().click();
      await expect.poll(() => namesBelowLanes(page)).toBe(true);
      await page.getByText('✗ failed, ✓ passed, ○ refused as declared, ≠ not as the service, – not run').waitFor();
    });
  });

  it('of two runs of one provider names each by its time', async () => {
    const file = join(folder, 'two.html');
    const run = documentOf([]);
    writeFileSync(file, html([run, { ...run, date: '2026-01-03T03:04:05.000Z' }]));
    const { page, close } = await opened(file, looks[0]);
    const heads = page.locator('thead th');
    await heads.first().waitFor();
    expect(await heads.allTextContents()).toEqual([
      'clause',
      'memory, 2026-01-02 03:04:05',
      'memory, 2026-01-03 03:04:05',
    ]);
    await close();
  });

  it('of a wrong version opens on what was noticed, explained in a sentence and framed', async () => {
    const report = await failing();
    expect(report.mutant?.verdict).toBe('killed');
    await shown('failing', report, async (page) => {
      await page.getByText('1 of 1 wrong versions noticed').waitFor();
      await page.getByText('A wrong version, which hands every tenth event out twice. It was noticed.').waitFor();
      await page.getByText('handlers were given the event twice').waitFor();
      await page.getByText(/^\d+ of \d+ lanes/).waitFor();
      expect(await page.getByLabel('lanes').inputValue()).toBe('keys of the findings');
      expect(await coloursOf(page)).toBeGreaterThan(3);
    });
  });
});
