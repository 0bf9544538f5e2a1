import type { JSX } from 'preact';
import { humanCount } from '@isostream/operations/text';
import { useStableOrder } from './hooks.ts';
import { clean, Figure, firstLine, Row, State, Table, Time, whyNoRate } from './parts.tsx';
import { to } from './route.ts';
import type { GroupRow, OverviewAnswer } from './types.ts';

const bad = new Set(['stuck', 'falling behind', 'stopped']);

/** For the person who is woken at night: what is wrong, worst first, and where to do something about it. */
export function Now({ overview }: { readonly overview: OverviewAnswer }): JSX.Element {
  const groups = overview.groups ?? [];
  const wrong = groups.filter(({ state }) => bad.has(state));
  const unknown = groups.filter(({ state }) => state === 'unknown');
  const problems = overview.problems ?? [];
  const letters = overview.letters.toSorted((a, b) => newest(b).localeCompare(newest(a)));
  const isFine = wrong.length === 0 && letters.length === 0 && problems.length === 0;
  return (
    <>
      <h1>Now</h1>
      {isFine ? (
        <p class="fine">
          Nothing is wrong: {humanCount(groups.length)} groups, none stuck, stopped or falling behind,{' '}
          {overview.areLettersCounted ? 'and no dead letters' : 'and dead letters are being counted'}
          {unknown.length === 0 ? '' : `; of ${unknown.length} the service does not tell how far they are`}.
        </p>
      ) : null}
      {wrong.length === 0 ? null : (
        <section>
          <h2>Groups that need somebody</h2>
          <GroupTable groups={wrong} />
        </section>
      )}
      {letters.length === 0 ? null : (
        <section>
          <h2>Dead letters</h2>
          <LetterTable letters={letters} />
        </section>
      )}
      {problems.length === 0 ? null : (
        <section>
          <h2>What could not be looked at</h2>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{clean(problem)}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** All groups. */
export function Groups({ overview }: { readonly overview: OverviewAnswer }): JSX.Element {
  const groups = overview.groups ?? [];
  return (
    <>
      <h1>Groups</h1>
      {groups.length === 0 ? (
        <p>There are no groups. One comes into being with its first consumer.</p>
      ) : (
        <GroupTable groups={groups} />
      )}
    </>
  );
}

/** Groups in the order of when they were first seen, until somebody sorts them. */
export function GroupTable({ groups }: { readonly groups: readonly GroupRow[] }): JSX.Element {
  const { rows, isSorted, sort } = useStableOrder(groups, ({ topic, group }) => JSON.stringify([topic, group]));
  return (
    <>
      <Table
        label="Groups"
        head={[
          'group',
          'topic',
          'state',
          ['lag', 'number'],
          ['oldest', 'number'],
          ['in', 'number wide'],
          ['out', 'number wide'],
          ['members', 'number'],
        ]}
      >
        {rows.slice(0, 1_000).map((group) => (
          <Row key={`${group.topic} ${group.group}`} href={to(['group', group.topic, group.group])} name={group.group}>
            <td>{clean(group.topic)}</td>
            <td>
              <State state={group.state} />
            </td>
            <td class="number">
              <Figure value={group.events} why={group.unknown.lag} />
            </td>
            <td class="number">
              <Figure value={group.oldestMs} as="age" why={group.unknown.lag} />
            </td>
            <td class="number wide">
              <Figure value={group.inPerSecond} as="rate" why={whyNoRate(group.events)} />
            </td>
            <td class="number wide">
              <Figure value={group.outPerSecond} as="rate" why={whyNoRate(group.events)} />
            </td>
            <td class="number">
              <Figure value={group.members} why={group.unknown.members} />
            </td>
          </Row>
        ))}
      </Table>
      <p class="buttons">
        {rows.length > 1_000 ? `The first 1,000 of ${humanCount(rows.length)} are shown. ` : ''}
        {isSorted ? null : <button onClick={sort}>Sort again, worst first</button>}
      </p>
    </>
  );
}

function LetterTable({ letters }: { readonly letters: OverviewAnswer['letters'] }): JSX.Element {
  const rows = letters.flatMap(({ topic, group, groups }) => groups.map((each) => ({ topic, group, ...each })));
  return (
    <Table
      label="Dead letters by reason"
      head={[
        'group',
        'topic',
        'code',
        'type',
        ['letters', 'number'],
        ['first', 'wide'],
        'last',
        ['newest message', 'wide'],
      ]}
    >
      {rows.map(({ topic, group, code, type, count, first, last, message }) => (
        <Row
          key={JSON.stringify([topic, group, code, type])}
          href={to(['letters', topic, group], { code, type: type ?? '' })}
          name={group}
        >
          <td>{clean(topic)}</td>
          <td>{clean(code)}</td>
          <td>
            {type === null ? (
              <span class="unknown" title="its event has no type">
                –
              </span>
            ) : (
              clean(type)
            )}
          </td>
          <td class="number">{humanCount(count)}</td>
          <td class="wide">
            <Time at={first} />
          </td>
          <td>
            <Time at={last} />
          </td>
          <td class="wide message">{firstLine(message)}</td>
        </Row>
      ))}
    </Table>
  );
}

/** Groups with dead letters. */
export function DeadLetters({ overview }: { readonly overview: OverviewAnswer }): JSX.Element {
  return (
    <>
      <h1>Dead letters</h1>
      {overview.letters.length === 0 ? (
        <p>
          {overview.areLettersCounted
            ? 'No group has dead letters. They are counted once a minute.'
            : 'Dead letters are being counted…'}
        </p>
      ) : (
        <LetterTable letters={overview.letters} />
      )}
    </>
  );
}

function newest({ groups }: OverviewAnswer['letters'][number]): string {
  return (
    groups
      .map(({ last }) => last)
      .toSorted()
      .at(-1) ?? ''
  );
}
