import { readdirSync, readFileSync } from 'node:fs';
import { clauseOf, formerIds, scenarios } from '@isostream/conformance';
import { errorCodes } from '@isostream/core';
import { describe, expect, it } from 'vitest';

const contract = passages(page('contract.md'));
const errors = [...passages(page('errors.md')).values()].join('\n');

describe('docs/contract.md', () => {
  it('has a passage for every clause, which names the scenarios that check it', () => {
    const missing = scenarios
      .map(clauseOf)
      .filter((clause) => !named(contract.get(clause) ?? '').includes(clause.toLowerCase()));
    expect(missing).toEqual([]);
  });

  it('names no scenario that is not there', () => {
    const ids = new Set<string>(scenarios.flatMap((scenario) => [scenario.id, clauseOf(scenario).toLowerCase()]));
    const all = [...contract].flatMap(([clause, text]) => named(text).map((id) => [clause, id] as const));
    expect(all.filter(([, id]) => !ids.has(id))).toEqual([]);
  });
});

describe('the record of scenario ids', () => {
  it('names every former id and what it is called now', () => {
    const record = page('decisions/0029-scenario-ids-say-what-they-are.md');
    const table = rows(record).flatMap(([old = '', now = '']) =>
      now.startsWith('`') ? [[old, now.slice(1, -1)]] : [],
    );
    expect(Object.fromEntries(table)).toEqual(formerIds);
  });
});

describe('docs/errors.md', () => {
  const documented = new Map(
    rows(errors).flatMap(([first = '', second = '']) => {
      const code = /^`([a-z]+(?:-[a-z]+)*)`$/.exec(first)?.[1];
      return code === undefined ? [] : [[code, second === 'yes'] as const];
    }),
  );

  it('has a line for every code, says whether it is retryable, and has no others', () => {
    expect(Object.fromEntries(documented)).toEqual(errorCodes);
  });
});

describe('docs/guides', () => {
  const guides = readdirSync(new URL('../docs/guides/', import.meta.url)).map((name) => page(`guides/${name}`));
  const quoted = (text: string, pattern: RegExp): readonly string[] =>
    [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, name = '']) => (pattern.test(name) ? [name] : []));
  const names = (pattern: RegExp): readonly string[] => guides.flatMap((text) => quoted(text, pattern));

  it('name metrics, alerts and parts for Nest that there are', () => {
    const [metrics, alerts] = [names(/^(?:isostream|messaging)_\w+$/), names(/^Isostream[A-Z]\w+$/)];
    expect(metrics.length).toBeGreaterThan(5);
    expect(alerts.length).toBeGreaterThan(2);
    const known = ['observability.md', 'cli.md', 'production.md', '../packages/nestjs/README.md'].map(page).join('\n');
    expect([...metrics, ...alerts].filter((name) => !known.includes(`\`${name}\``))).toEqual([]);
  });

  it('say who creates the dead-letter topic, where a client creates nothing', () => {
    const creatingNothing = guides.filter((text) => /topology: '(?:assume|validate)'/.test(text));
    expect(creatingNothing.length).toBeGreaterThan(2);
    expect(creatingNothing.filter((text) => !text.includes('isostream topology apply'))).toEqual([]);
  });

  it('name codes of errors that there are, where a table has a column for them', () => {
    const codes = guides.flatMap((text) =>
      text
        .split(/\n\n/)
        .filter((part) => part.startsWith('| code |'))
        .flatMap(rows)
        .flatMap(([first = '']) => quoted(first.split(' with ')[0] ?? '', /^[a-z-]+$/)),
    );
    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => !(code in errorCodes))).toEqual([]);
  });
});

describe('commands of the pages', () => {
  it('have no backtick, which a shell would run', () => {
    const names = readdirSync(new URL('../docs/', import.meta.url), { recursive: true, encoding: 'utf8' });
    const commands = names
      .filter((name) => name.endsWith('.md'))
      .flatMap((name) =>
        [...page(name).matchAll(/^```(?:sh)?\n([^]*?)^```$/gm)].flatMap(([, text = '']) => text.split('\n')),
      )
      .filter((line) => /^(?:npx|npm|node|isostream) /.test(line));
    expect(commands.length).toBeGreaterThan(50);
    expect(commands.filter((line) => line.includes('`'))).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  it('names what each channel tells, and nothing else', () => {
    const documented = rows(page('configuration.md')).flatMap(([channel = '', , tells = '']) => {
      const name = /^`isostream:([a-z:-]+)`$/.exec(channel)?.[1];
      return name === undefined
        ? []
        : [[name, [...tells.matchAll(/`(\w+)`/g)].map(([, field = '']) => field).toSorted()]];
    });
    expect(Object.fromEntries(documented)).toEqual(observations());
  });
});

/** The fields of each observation, with those of what it extends. */
function observations(): Readonly<Record<string, readonly string[]>> {
  const source = readFileSync(new URL('../packages/core/src/observe/channels.ts', import.meta.url), 'utf8');
  const body = (name: string): string =>
    new RegExp(`export interface ${name}[^{]*\\{\\n(.*?)\\n\\}\\n`, 's').exec(source)?.[1] ?? '';
  const fields = (text: string): readonly string[] =>
    [...text.matchAll(/readonly (\w+)\??:/g)].map(([, field = '']) => field);
  const ownership = fields(body('Ownership'));
  const attempt = [...ownership, ...fields(body('Attempt'))];
  const found: Record<string, readonly string[]> = {};
  for (const [, channel = '', text = ''] of body('Observations').matchAll(
    /^ {2}'([a-z:-]+)': (.*?);$(?=\n {2}(?:'|\/\*)|(?![^]))/gms,
  )) {
    const base = text.startsWith('Attempt') ? attempt : text.startsWith('Ownership') ? ownership : [];
    found[channel] = [...base, ...fields(text)].toSorted();
  }
  return found;
}

function page(name: string): string {
  return readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');
}

/** Texts by the heading above them. */
function passages(text: string): ReadonlyMap<string, string> {
  const [, ...parts] = text.split(/^## /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));
}

/** Scenarios that the sentence "Checked by …" names, to the end of its paragraph. */
function named(passage: string): readonly string[] {
  const [, sentence = ''] = /^Checked by ([^]*?)(?:\n\n|(?![^]))/m.exec(passage) ?? [];
  return [...sentence.matchAll(/`([a-z-]+(?:\/[a-z-]+)?)`/g)].map(([, id = '']) => id);
}

/** The cells of every line of every table, but for rules between head and body. */
function rows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| -'));
  return lines.map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '').trim()));
}
