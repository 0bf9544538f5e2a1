import type { ReportDocument, Timeline } from '@isostream/conformance';
import { drawTimeline } from './timeline.ts';

/** A report as the page holds it: timelines are packed. */
type Packed = Omit<ReportDocument, 'scenarios'> & {
  readonly scenarios: readonly (Omit<ReportDocument['scenarios'][number], 'timeline'> & {
    readonly timeline?: string;
  })[];
};
type Scenario = Packed['scenarios'][number];

const marks = { passed: '✓', refused: '○', differs: '≠', failed: '✗', 'not run': '–' } as const;
const words = {
  passed: 'passed',
  refused: 'refused as declared',
  differs: 'not as the service',
  failed: 'failed',
  'not run': 'not run',
} as const;

const kinds = ['failed', 'passed', 'refused', 'differs', 'not run'] as const;

/** What became of a wrong version. */
const ends = {
  killed: 'was noticed',
  survived: 'was not noticed',
  absent: 'cannot be made here',
  unproven: 'says nothing, because the right version fails as well',
} as const;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what the same version wrote into this file
const reports = JSON.parse(document.querySelector('#data')?.textContent ?? '[]') as readonly Packed[];
const root = document.querySelector('#report');
root?.append(...heading(), matrix(), ...onlyOnEmulators(), ...reports.flatMap(detailsOf));

function heading(): readonly Node[] {
  const notRun = reports.flatMap((report) => report.notRun).length;
  const { isGood, said } = summary();
  const runs = reports.map((report) =>
    element('div', { className: 'run' }, [
      element('strong', {}, [named(report)]),
      element('p', {}, [report.broker]),
      element('p', { className: 'faint' }, [`${report.date.replace('T', ' ').slice(0, 16)} UTC, seed ${report.seed}`]),
      element('p', { className: 'faint' }, [versionsOf(report)]),
      element('p', {}, [element('code', {}, [report.command])]),
    ]),
  );
  return [
    element('h1', {}, ['isostream conformance']),
    element('p', { className: isGood ? 'passed' : 'failed' }, [notRun > 0 ? `${said}; ${notRun} not run` : said]),
    element('div', { className: 'runs' }, runs),
  ];
}

/** How it all ended: a wrong version has to fail, anything else must not. */
function summary(): { readonly isGood: boolean; readonly said: string } {
  const right = reports.filter(({ mutant }) => mutant === undefined);
  const failed = right.flatMap(({ scenarios }) => scenarios.filter(({ verdict }) => verdict === 'failed')).length;
  const wrong = reports.flatMap(({ mutant }) => mutant ?? []);
  const missed = wrong.filter(({ verdict }) => verdict !== 'killed' && verdict !== 'absent').length;
  const ofRight = failed > 0 ? `${failed} failed` : 'everything that ran kept its promise';
  const killed = wrong.filter(({ verdict }) => verdict === 'killed').length;
  const ofWrong = `${killed} of ${wrong.length} wrong versions noticed`;
  const said = [...(right.length > 0 ? [ofRight] : []), ...(wrong.length > 0 ? [ofWrong] : [])].join('; ');
  return { isGood: failed === 0 && missed === 0, said };
}

function versionsOf({ versions: { isostream, node, commit, clients = [] } }: Packed): string {
  const of =
    commit === undefined ? [] : [`commit ${commit.slice(0, 12)}${commit.endsWith('+') ? ' with changes' : ''}`];
  return [`isostream ${isostream}`, `Node.js ${node}`, ...clients, ...of].join(', ');
}

function named({ provider, emulator, date }: Packed): string {
  const name = emulator === true ? `${provider} (emulator)` : provider;
  const isAlone = reports.filter((other) => other.provider === provider && other.emulator === emulator).length === 1;
  return isAlone ? name : `${name}, ${date.replace('T', ' ').slice(0, 19)}`;
}

/** Of providers that have runs of both kinds: what the run on the service did not show. */
function onlyOnEmulators(): readonly Node[] {
  const providers = [...new Set(reports.map(({ provider }) => provider))];
  const shown = (provider: string, isEmulator: boolean): ReadonlySet<string> | undefined => {
    const own = reports.filter((report) => report.provider === provider && (report.emulator === true) === isEmulator);
    if (own.length === 0) return undefined;
    const kept = own.flatMap(({ scenarios }) =>
      scenarios.filter(({ verdict }) => verdict === 'passed' || verdict === 'refused'),
    );
    return new Set(kept.map(({ scenario }) => scenario));
  };
  return providers.flatMap((provider) => {
    const [service, emulator] = [shown(provider, false), shown(provider, true)];
    if (service === undefined || emulator === undefined) return [];
    const only = [...emulator].filter((scenario) => !service.has(scenario));
    const said =
      only.length === 0
        ? `${provider}: the run on the service shows everything that the emulator shows`
        : `${provider}: shown on the emulator only: ${only.join(', ')}`;
    return [element('p', { className: 'only-emulator' }, [said])];
  });
}

/** Clauses by providers. */
function matrix(): Node {
  const clauses = [
    ...new Set(reports.flatMap(({ scenarios, notRun }) => [...scenarios, ...notRun].map(({ clause }) => clause))),
  ];
  const head = element('tr', {}, [
    element('th', {}, ['clause']),
    ...reports.map((report) => element('th', {}, [named(report)])),
  ]);
  const rows = clauses.map((clause) =>
    element('tr', {}, [
      element('th', {}, [clause]),
      ...reports.map((report) => element('td', { className: 'cell' }, cell(report, clause))),
    ]),
  );
  const table = element('table', {}, [element('thead', {}, [head]), element('tbody', {}, rows)]);
  return element('div', {}, [
    element('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'clauses by providers' }, [table]),
    element('p', { className: 'faint' }, [kinds.map((kind) => `${marks[kind]} ${words[kind]}`).join(', ')]),
  ]);
}

function cell({ scenarios, notRun }: Packed, clause: string): readonly Node[] {
  return kinds.flatMap((kind) => {
    const all = kind === 'not run' ? notRun : scenarios.filter(({ verdict }) => verdict === kind);
    const own = all.filter((each) => each.clause === clause);
    const said = own.map(({ scenario, title }) => `${scenario} ${title}`).join('\n');
    const span = element('span', { className: kind.replace(' ', '-'), title: `${words[kind]}:\n${said}` }, [
      `${marks[kind]} ${own.length} `,
    ]);
    return own.length === 0 ? [] : [span];
  });
}

function detailsOf(report: Packed): readonly Node[] {
  const failedFirst = [...report.scenarios].toSorted(
    (one, other) => Number(other.verdict === 'failed') - Number(one.verdict === 'failed'),
  );
  return [
    element('h2', {}, [named(report)]),
    ...(report.mutant === undefined
      ? []
      : [element('p', {}, [`A wrong version, which ${report.mutant.defect}. It ${ends[report.mutant.verdict]}.`])]),
    ...report.differences.map((text) => element('p', { className: 'faint' }, [`not as the service: ${text}`])),
    ...failedFirst.map((scenario) => scenarioDetails(scenario)),
    ...report.notRun.map(({ scenario, clause, title, why }) =>
      element('p', { className: 'not-run' }, [`${marks['not run']} ${scenario} ${clause}: ${title}. Not run: ${why}`]),
    ),
  ];
}

function scenarioDetails(scenario: Scenario): Node {
  const { verdict, clause, title, ms, counts, failures, explained = [] } = scenario;
  const findings = Object.entries(failures).flatMap(([check, all]) => all.map((finding) => ({ check, finding })));
  const found = findings.map(({ check, finding }) => `${check}: ${finding}`);
  const inside = element('div', { className: 'inside' }, [
    ...findings.flatMap(({ check, finding }) => {
      const told = explained.find((each) => each.check === check && each.finding === finding)?.text;
      const says = element('div', { className: 'finding' }, [`${check}: ${finding}`]);
      return told === undefined ? [says] : [says, element('p', { className: 'explained' }, [told])];
    }),
    element(
      'div',
      { className: 'counts' },
      // What did not happen is not worth a word.
      Object.entries(counts)
        .filter(([, count]) => count !== 0)
        .map(([name, count]) => element('span', {}, [`${spaced(name)} ${count}`])),
    ),
  ]);
  const details = element('details', { open: verdict === 'failed' }, [
    element('summary', {}, [
      element('span', { className: verdict, title: words[verdict] }, [`${marks[verdict]} `]),
      `${scenario.scenario} `,
      element('span', { className: 'faint' }, [`${clause} `]),
      title,
      element('span', { className: 'faint' }, [` ${(ms / 1_000).toFixed(1)} s`]),
    ]),
    inside,
  ]);
  const { timeline } = scenario;
  if (timeline === undefined) return details;
  let isShown = false;
  const show = (): void => {
    if (isShown || !details.open) return;
    isShown = true;
    void unpack(timeline).then((unpacked) => drawTimeline(inside, unpacked, found));
  };
  details.addEventListener('toggle', show);
  show();
  return details;
}

/** `keysAtOnce` as people write it. */
function spaced(name: string): string {
  return name.replace(/Ms$/, ' (ms)').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

async function unpack(text: string): Promise<Timeline> {
  const bytes = Uint8Array.from(atob(text), (character) => character.codePointAt(0) ?? 0);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  return JSON.parse(await new Response(stream).text()) as Timeline;
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]>,
  children: readonly (Node | string)[],
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
