import { readFileSync } from 'node:fs';
import type { Capabilities, DeclaredOptions } from '@isostream/core/adapter';
import { individualMutants, type Mutant, mutants } from '@isostream/conformance';
import { kinesisMutants } from '@isostream/conformance/suites/kinesis';
import { eventHubsCapabilities, eventHubsOptions } from '@isostream/event-hubs';
import { kafkaCapabilities, kafkaOptions } from '@isostream/kafka';
import { kinesisCapabilities, kinesisOptions } from '@isostream/kinesis';
import { memoryCapabilities, memoryOptions } from '@isostream/memory';
import { pubsubCapabilities, pubsubOptions } from '@isostream/pubsub';
import { describe, expect, it } from 'vitest';

const options = {
  memory: memoryOptions,
  kafka: kafkaOptions,
  kinesis: kinesisOptions,
  pubsub: pubsubOptions,
  'event-hubs': eventHubsOptions,
} as const;
const names = ['memory', 'kafka', 'kinesis', 'pubsub', 'event-hubs'] as const;

describe('tables that are generated: after a change of a declaration run "npm run docs:tables"', () => {
  it.each(names)('options on the page of %s', async (name) => {
    const page = readFileSync(`docs/providers/${name}.md`, 'utf8');
    const written = withTable(page, 'options', optionTable(options[name]));
    await expect(written).toMatchFileSnapshot(`../docs/providers/${name}.md`);
  });

  it('wrong versions, with the checks of which one has to notice each', async () => {
    const page = readFileSync('docs/testing.md', 'utf8');
    const tables = { mutants, 'individual mutants': individualMutants, 'mutants of Kinesis': kinesisMutants };
    const written = Object.entries(tables).reduce(
      (text, [name, shown]) => withTable(text, name, mutantTable(shown)),
      page,
    );
    await expect(written).toMatchFileSnapshot('../docs/testing.md');
  });

  it('wrong versions beside the sentences of the contract that they break', async () => {
    const every = [...mutants, ...individualMutants, ...kinesisMutants];
    const page = readFileSync('docs/contract-checks.md', 'utf8');
    const written = page.replaceAll(
      /^(\| [A-Z][^|]*\|[^|]*\|)([^|]*)\|[^|]*\|$/gm,
      (_, says: string, checks: string) => {
        const own = new Set(checks.trim().split('; '));
        const wrong = every.filter(({ noticedBy }) => noticedBy.some((check) => own.has(check)));
        return `${says}${checks}| ${wrong.map(({ name }) => `\`${name}\``).join(', ') || '–'} |`;
      },
    );
    await expect(written).toMatchFileSnapshot('../docs/contract-checks.md');
  });

  it('scenarios of other clauses that check a clause as well', async () => {
    const rows = Array.from(
      readFileSync('docs/contract-checks.md', 'utf8').matchAll(/^\| ([A-Z-]+) \|[^|]*\|([^|]*)\|/gm),
      ([, clause = '', checks = '']) => ({
        clause,
        scenarios: checks.split(';').map((check) => check.split(':')[0]?.trim() ?? ''),
      }),
    );
    const written = readFileSync('docs/contract.md', 'utf8').replaceAll(
      /^Checked by the scenarios of `([a-z-]+)`[^]*?\.$(?=\n\n)/gm,
      (_, clause: string) => {
        const own = rows.filter((each) => each.clause === clause.toUpperCase()).flatMap((each) => each.scenarios);
        const others = new Set(own.filter((id) => id.includes('/') && !id.startsWith(`${clause}/`)));
        const also = others.size === 0 ? '' : `; also by ${listed([...others].map((id) => `\`${id}\``))}`;
        return wrapped(`Checked by the scenarios of \`${clause}\`${also}.`);
      },
    );
    expect(rows.length).toBeGreaterThan(50);
    await expect(written).toMatchFileSnapshot('../docs/contract.md');
  });

  it('capabilities of every provider', async () => {
    const columns: Readonly<Record<string, Capabilities>> = {
      memory: memoryCapabilities,
      Kafka: kafkaCapabilities,
      Kinesis: kinesisCapabilities,
      'Pub/Sub': pubsubCapabilities,
      'Event Hubs': eventHubsCapabilities(false),
      'Event Hubs with `management`': eventHubsCapabilities(true),
    };
    const flat = Object.values(columns).map((one) => flattened(one));
    const entries = [...new Set(flat.flatMap((one) => [...one.keys()]))];
    const lines = entries.map((entry) => row([`\`${entry}\``, ...flat.map((one) => one.get(entry) ?? '-')]));
    const head = row(['capability', ...Object.keys(columns)]);
    const rule = row(['---', ...flat.map(() => '---')]);
    const text = `# Capabilities

\`adapter.capabilities\` of each provider, generated from what the adapters declare by \`npm run docs:tables\`. What each entry means
is said where it is declared, in \`packages/core/src/contract/capabilities.ts\`. What a provider does not have is refused with
\`unsupported\`.

${[head, rule, ...lines].join('\n')}
`;
    await expect(text).toMatchFileSnapshot('../docs/capabilities.md');
  });
});

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

/** In lines of at most 120 characters. */
function wrapped(text: string): string {
  return text.replaceAll(/(.{1,120})(?: |$)/g, '$1\n').trimEnd();
}

/** A page with another table between the comments that name it. */
function withTable(page: string, name: string, table: string): string {
  const block = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  expect(page).toMatch(block);
  return page.replace(block, (_, start: string, end: string) => `${start}\n${table}\n\n${end}`);
}

function mutantTable(shown: readonly Mutant[]): string {
  const lines = shown.map(({ name, defect, noticedBy }) => row([`\`${name}\``, defect, checkList(noticedBy)]));
  return [row(['mutant', 'what is wrong with it', 'noticed by one of']), row(['---', '---', '---']), ...lines].join(
    '\n',
  );
}

/** `retry/x: one check; another`: a scenario is named once for checks that follow each other. */
function checkList(checks: readonly string[]): string {
  const parts = checks.map((check) => {
    const colon = check.indexOf(': ');
    return { check, scenario: check.slice(0, colon), rest: check.slice(colon + 2) };
  });
  return parts.map(({ check, scenario, rest }, at) => (parts[at - 1]?.scenario === scenario ? rest : check)).join('; ');
}

function optionTable(declared: DeclaredOptions): string {
  const lines = Object.entries(declared).map(([name, { shownDefault, doc }]) =>
    row([`\`${name}\``, shownDefault, doc]),
  );
  return [row(['option', 'default', 'meaning']), row(['---', '---', '---']), ...lines].join('\n');
}

/** Entries of entries as `retention.minMs`. */
function flattened(capabilities: object, within = ''): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(capabilities).flatMap(([name, value]: [string, unknown]): (readonly [string, string])[] =>
      typeof value === 'object' && value !== null
        ? [...flattened(value, `${within}${name}.`)]
        : [[`${within}${name}`, shownValue(name, value)]],
    ),
  );
}

function shownValue(name: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === Infinity) return 'no bound';
  if (typeof value === 'number') return name.endsWith('Ms') ? duration(value) : value.toLocaleString('en-US');
  return typeof value === 'string' ? `\`${value}\`` : 'none';
}

function duration(ms: number): string {
  if (ms < 60_000) return `${ms} ms`;
  return ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
