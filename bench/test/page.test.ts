import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { html } from '../src/html.ts';
import { kept, performancePage } from '../src/page.ts';
import { createReport } from '../src/report.ts';
import { row } from '../src/row.ts';

describe('the page of performance: after a kept run, or a change of its text, run "npm run bench -- --page"', () => {
  it('says what the kept runs say', async () => {
    expect(readFileSync('docs/performance.md', 'utf8')).toBe(performancePage(await kept()));
  });
});

describe('a chart', () => {
  it('has each figure, loads nothing, and takes names as text', () => {
    const page = html(
      createReport({
        provider: 'kafka',
        broker: '<b>broker</b>',
        rounds: 3,
        quick: false,
        clients: ['kafkajs'],
        notes: [],
        rows: [
          row({
            measurement: 'send',
            unit: 'events/s',
            isostream: [100, 300, 200],
            against: 'kafkajs',
            reference: [100, 100, 100],
            goal: { atLeast: 3 },
          }),
        ],
      }),
    );
    expect(page).toContain('ratio 1.00 / 2.00 / 3.00');
    expect(page).toContain('goal ≥ 3');
    expect(page).toContain('missed');
    expect(page).toContain('&lt;b>broker');
    expect(page).not.toMatch(/<script|https?:\/\//);
  });
});
