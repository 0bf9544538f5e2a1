import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparisonPage, type Recorded } from '../src/report/page.ts';
import { scenarios } from '../src/run/scenarios.ts';
import { subjects } from '../src/subjects/index.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('docs/comparison.md', () => {
  const recorded = JSON.parse(read('../results.json')) as Recorded;

  it('is what the recorded results say', () => {
    expect(read('../../docs/comparison.md')).toBe(comparisonPage(recorded));
  });

  it('has isostream beside every client of a service, as the control', () => {
    for (const { name, service } of subjects)
      expect(subjects.find((subject) => subject.service === service)?.name, name).toBe(`isostream-${service}`);
  });

  it('says of every client how it was set up and what it never promised', () => {
    for (const { settings, notPromised, name } of subjects)
      expect(
        [settings.length, notPromised.length].every((count) => count > 0),
        name,
      ).toBe(true);
  });

  it('has no results of scenarios or clients that are gone', () => {
    const known = new Set(subjects.flatMap(({ name }) => scenarios.map(({ id }) => `${name} ${id}`)));
    expect(recorded.results.filter(({ subject, scenario }) => !known.has(`${subject} ${scenario}`))).toEqual([]);
  });
});
