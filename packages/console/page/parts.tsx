import type { ComponentChildren, JSX } from 'preact';
import { humanCount, humanDuration, humanRate } from '@isostream/operations/text';
import type { GroupState } from './types.ts';

/** What a terminal would obey, or what turns letters round, is made visible: names and payloads come from anybody. */
const hidden =
  // oxlint-disable-next-line eslint/no-control-regex -- these are what has to be made visible
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;

/** Text from elsewhere. */
export function clean(text: string): string {
  return text.replace(hidden, (letter) => `\\u${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** Text from elsewhere in a row of a list: its page has the whole. */
export function brief(text: string, most = 100): string {
  const letters = Array.from(text.slice(0, 2 * most + 2));
  return clean(letters.length > most ? `${letters.slice(0, most).join('')}…` : text);
}

/** What a message says first. */
export function firstLine(message: string): string {
  return brief(message.split(/[\r\n]/)[0] ?? '', 300);
}

/** A figure; where there is none, a sign that says why. */
export function Figure(props: {
  readonly value: number | null;
  readonly as?: 'count' | 'age' | 'rate';
  readonly why?: string | undefined;
}): JSX.Element {
  const { value, as = 'count', why = 'the service does not tell this' } = props;
  if (value === null)
    return (
      <span class="unknown" title={why}>
        ?<span class="for-readers"> not known: {why}</span>
      </span>
    );
  if (as === 'age') return <span title={`${humanCount(value)} ms`}>{value === 0 ? '–' : humanDuration(value)}</span>;
  return <span>{as === 'rate' ? humanRate(value) : humanCount(value)}</span>;
}

const marks: Readonly<Record<GroupState, string>> = {
  stuck: '■',
  'falling behind': '▼',
  stopped: '◼',
  behind: '◆',
  working: '▶',
  unknown: '?',
  'no position yet': '○',
  idle: '✓',
};

const meanings: Readonly<Record<GroupState, string>> = {
  stuck: 'it has something to do, and nothing has moved in three looks',
  'falling behind': 'it moves, and its lag has grown in three looks in a row',
  stopped: 'it has something to do, and no members',
  behind: 'it has something to do; whether it moves is known after the next look',
  working: 'it has something to do, and it moves',
  unknown: 'the service does not tell how far it is',
  'no position yet': 'it has committed nothing',
  idle: 'it has nothing to do',
};

/** How a group is, by a sign, a word and a colour. */
export function State({ state }: { readonly state: GroupState }): JSX.Element {
  return (
    <span class={`state ${state.replaceAll(' ', '-')}`} title={meanings[state]}>
      <span aria-hidden="true">{marks[state]}</span> {state}
    </span>
  );
}

/** A table whose rows can be gone through with j and k. */
export function Table(props: {
  readonly label: string;
  readonly head: readonly (string | readonly [text: string, kind: 'number' | 'wide' | 'number wide'])[];
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="scroll">
      <table aria-label={props.label}>
        <thead>
          <tr>
            {props.head.map((cell) => (
              <th key={String(cell)} scope="col" class={typeof cell === 'string' ? '' : cell[1]}>
                {typeof cell === 'string' ? cell : cell[0]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

/** A row that leads somewhere: its first cell is the link. */
export function Row(props: {
  readonly href: string;
  readonly name: string;
  readonly children: ComponentChildren;
  readonly selected?: boolean;
}): JSX.Element {
  return (
    <tr data-row="" class={props.selected === true ? 'selected' : ''}>
      <td>
        <a href={props.href} title={clean(props.name)}>
          {clean(shortened(props.name))}
        </a>
      </td>
      {props.children}
    </tr>
  );
}

/** A name with more characters than a column has, such as a place in a shard: where it begins and ends. Of blanks alone nothing would be seen. */
function shortened(name: string): string {
  if (name.trim() === '') return JSON.stringify(name);
  return name.length <= 60 ? name : `${name.slice(0, 24)}…${name.slice(-8)}`;
}

/** Why there is no rate of a group. */
export function whyNoRate(events: number | null): string {
  return events === null ? 'the service counts no events of a group' : 'it is known after a second look';
}

/** A time in the zone of the page, which is written beside it; how long ago on hovering. */
export function Time({ at }: { readonly at: string | null }): JSX.Element {
  if (at === null || at === '')
    return (
      <span class="unknown" title="not known">
        –
      </span>
    );
  const date = new Date(at);
  const ago = humanDuration(Math.max(0, Date.now() - date.getTime()));
  return (
    <time dateTime={at} title={`${ago} ago`}>
      {at.slice(0, 10)} {at.slice(11, 23)}Z
    </time>
  );
}

/** What went wrong, and a way to try again. */
export function Problem(props: { readonly text: string; readonly again?: () => void }): JSX.Element {
  return (
    <p class="problem" role="alert">
      {clean(props.text)} {props.again === undefined ? null : <button onClick={props.again}>Try again</button>}
    </p>
  );
}

/** While nothing has come yet; shown only after a moment. */
export function Loading(): JSX.Element {
  return (
    <p class="loading" role="status">
      Loading…
    </p>
  );
}

/** A field with its name. */
export function Field(props: {
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
  readonly filter?: boolean;
  readonly onInput: (value: string) => void;
}): JSX.Element {
  return (
    <label class="field">
      <span>{props.label}</span>
      <input
        type="text"
        value={props.value}
        placeholder={props.hint ?? ''}
        data-filter={props.filter === true ? '' : undefined}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </label>
  );
}
