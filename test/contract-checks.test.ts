import { readFileSync } from 'node:fs';
import { clauseOf, individualMutants, mutants, scenarios } from '@isostream/conformance';
import { kinesisMutants } from '@isostream/conformance/suites/kinesis';
import { describe, expect, it } from 'vitest';

interface Row {
  readonly says: string;
  readonly clause: string;
  readonly checks: readonly string[];
  readonly wrong: readonly string[];
}

const rows: readonly Row[] = readFileSync(new URL('../docs/contract-checks.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-Z]/.test(line))
  .map((line) => {
    const [clause = '', says = '', checks = '', wrong = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return {
      clause,
      says,
      checks: checks === '–' ? [] : checks.split('; '),
      wrong: [...wrong.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
    };
  });

const noticedBy = new Map(
  [...mutants, ...individualMutants, ...kinesisMutants].map((mutant) => [mutant.name, mutant.noticedBy]),
);

describe('docs/contract-checks.md', () => {
  it('names clauses and scenarios that there are', () => {
    const ids = new Set<string>(scenarios.map(({ id }) => id));
    const clauses = new Set<string>(scenarios.map(clauseOf));
    expect(rows.filter(({ clause }) => !clauses.has(clause))).toEqual([]);
    expect([...clauses].filter((clause) => !rows.some((row) => row.clause === clause))).toEqual([]);
    expect(rows.flatMap(({ checks }) => checks).filter((check) => !ids.has(check.split(': ')[0] ?? ''))).toEqual([]);
  });

  it('has a wrong version for every row that a scenario holds, and checks of which one dies', () => {
    expect(rows.filter(({ checks, wrong }) => checks.length > 0 && wrong.length === 0)).toEqual([]);
    const unshown = rows.flatMap(({ says, checks, wrong }) =>
      checks
        .filter((check) => !wrong.some((name) => noticedBy.get(name)?.includes(check)))
        .map((check) => `${says}: ${check}`),
    );
    expect(unshown).toEqual([]);
  });
});
