import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { humanCount, prettyJson } from '@isostream/operations/text';
import { shown, Whole } from './event.tsx';
import { useData } from './hooks.ts';
import { brief, clean, Field, firstLine, Loading, Problem, Row, Table, Time } from './parts.tsx';
import { PlanDialog } from './plan.tsx';
import { replace, to } from './route.ts';
import type { LetterGroup, LetterView, Previewed } from './types.ts';

interface Answer {
  readonly letters: readonly (Omit<LetterView, 'event'> & { readonly event: Previewed })[];
  /** `null` while they are counted. */
  readonly total: number | null;
  readonly groups: readonly LetterGroup[];
}

/** The dead letters of one group, by filters that are part of the address. */
export function Letters(props: {
  readonly topic: string;
  readonly group: string;
  readonly query: URLSearchParams;
}): JSX.Element {
  const { topic, group, query } = props;
  const filter = {
    code: query.get('code') ?? undefined,
    type: query.get('type') ?? undefined,
    key: query.get('key') ?? undefined,
  };
  // To count many takes a while, and keeps the service busy: the first of them are asked for alone, and before.
  const first = useData<Answer>('letters', { topic, group, ...filter, part: 'first' });
  const isWaiting = first.value === undefined && first.error === undefined;
  const counted = useData<Answer>('letters', { topic, group, ...filter, part: isWaiting ? 'first' : undefined });
  const all = counted.value?.total === null ? undefined : counted.value;
  const value = all ?? (first.value?.letters.length === 0 ? undefined : first.value);
  const { error } = counted;
  const isCounting = value !== undefined && (first.isAsking || counted.isAsking);
  const again = (): void => {
    first.again();
    counted.again();
  };
  const [body, setBody] = useState<object>();
  const [rate, setRate] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const set = (name: string, text: string): void => replace(to(['letters', topic, group], { ...filter, [name]: text }));
  const what = chosen.size > 0 ? { ids: [...chosen] } : filter;
  const count =
    chosen.size > 0
      ? `${chosen.size} selected`
      : `all ${value?.total === null ? '' : `${humanCount(value?.total ?? 0)} `}that match`;
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <>
      <h1>
        Dead letters of {clean(group)}{' '}
        <small>
          on <a href={to(['topic', topic])}>{clean(topic)}</a>
        </small>
      </h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Field label="code" value={filter.code ?? ''} filter onInput={(text) => set('code', text)} />
        <Field label="type" value={filter.type ?? ''} onInput={(text) => set('type', text)} />
        <Field label="key" value={filter.key ?? ''} onInput={(text) => set('key', text)} />
        <Field label="letters in a second" value={rate} hint="no bound" onInput={setRate} />
        <button
          type="button"
          disabled={value === undefined || value.total === 0}
          onClick={() => setBody({ act: 'redrive', topic, group, ...what, ...(rate.trim() === '' ? {} : { rate }) })}
        >
          Plan to send back {count}…
        </button>
        <button
          type="button"
          disabled={value === undefined || value.total === 0}
          onClick={() => setBody({ act: 'discard', topic, group, ...what })}
        >
          Plan to discard {count}…
        </button>
        <button type="button" onClick={again}>
          Look again
        </button>
      </form>
      {error === undefined ? null : <Problem text={error} again={again} />}
      {isCounting ? <p role="status">Counting again: what is shown is from before.</p> : null}
      {value === undefined ? (
        error === undefined ? (
          <Loading />
        ) : null
      ) : value.total === 0 ? (
        <p>
          There are no dead letters{Object.values(filter).every((each) => each === undefined) ? '' : ' that match'}.
        </p>
      ) : (
        <>
          <ul class="reasons">
            {value.groups.map(({ code, type, count: letters, message }) => (
              <li key={`${code} ${type}`}>
                <a href={to(['letters', topic, group], { code, type: type ?? '' })}>
                  {humanCount(letters)} × {clean(code)}
                  {type === null ? '' : `, ${clean(type)}`}
                </a>
                : {firstLine(message)}
              </li>
            ))}
          </ul>
          <Table
            label="Dead letters"
            head={[
              'letter',
              'select',
              'key',
              'type',
              'code',
              ['tries', 'number'],
              ['sent back', 'number'],
              'last failure',
              ['message', 'wide'],
              ['payload', 'wide'],
            ]}
          >
            {value.letters.map((letter) => (
              <Row
                key={letter.id}
                href={to(['letter', topic, group, letter.id])}
                name={letter.id}
                selected={chosen.has(letter.id)}
              >
                <td>
                  <input
                    type="checkbox"
                    aria-label={`select ${letter.id}`}
                    checked={chosen.has(letter.id)}
                    onChange={() => toggle(letter.id)}
                  />
                </td>
                <td class="mono">{brief(shown(letter.key))}</td>
                <td>{brief(letter.type ?? '–')}</td>
                <td>{clean(letter.code)}</td>
                <td class="number">{letter.attempts}</td>
                <td class="number">{letter.redrives}</td>
                <td>
                  <Time at={letter.lastFailure} />
                </td>
                <td class="wide message">{firstLine(letter.message)}</td>
                <td class="mono wide payload">{brief(letter.event.payload.text, 120)}</td>
              </Row>
            ))}
          </Table>
          {value.total === null ? (
            <p>The first {humanCount(value.letters.length)} are shown; the others are being counted.</p>
          ) : value.letters.length < value.total ? (
            <p>
              The first {humanCount(value.letters.length)} of {humanCount(value.total)} are shown; plans are about all
              that match.
            </p>
          ) : null}
        </>
      )}
      {body === undefined ? null : (
        <PlanDialog
          body={body}
          close={() => setBody(undefined)}
          done={() => {
            setChosen(new Set());
            again();
          }}
        />
      )}
    </>
  );
}

/** One dead letter: why it failed, its event, and what can be done. */
export function Letter(props: { readonly topic: string; readonly group: string; readonly id: string }): JSX.Element {
  const { topic, group, id } = props;
  const { value, error, again } = useData<LetterView>('letter', { topic, group, id });
  return (
    <>
      <h1>
        Letter {clean(id)}{' '}
        <small>
          of{' '}
          <a href={to(['letters', topic, group])}>
            {clean(group)} on {clean(topic)}
          </a>
        </small>
      </h1>
      {error === undefined ? null : <Problem text={error} again={again} />}
      {value === undefined ? error === undefined ? <Loading /> : null : <LetterBody letter={value} again={again} />}
    </>
  );
}

function LetterBody({ letter, again }: { readonly letter: LetterView; readonly again: () => void }): JSX.Element {
  const { topic, group, id, event, origin } = letter;
  const [body, setBody] = useState<object>();
  const [text, setText] = useState<string>();
  const isText = letter.unreadableBytes === null && (event.payload.kind === 'json' || event.payload.kind === 'text');
  return (
    <>
      <p class="reason">{clean(letter.message.replaceAll('\r\n', '\n'))}</p>
      <dl class="pairs">
        <dt>code</dt>
        <dd class="mono">{clean(letter.code)}</dd>
        <dt>tries</dt>
        <dd>{letter.attempts}</dd>
        <dt>sent back before</dt>
        <dd>{letter.redrives} times</dd>
        <dt>first failure</dt>
        <dd>
          <Time at={letter.firstFailure} />
        </dd>
        <dt>last failure</dt>
        <dd>
          <Time at={letter.lastFailure} />
        </dd>
        <dt>came from</dt>
        <dd>
          <a href={to(['event', topic, origin.partition, origin.position])}>
            {clean(`${origin.partition}/${origin.position}`)}
          </a>
        </dd>
      </dl>
      <p class="buttons">
        {letter.unreadableBytes === null ? (
          <button onClick={() => setBody({ act: 'redrive', topic, group, ids: [id], maxRedrives: 1_000_000 })}>
            Plan to send it back…
          </button>
        ) : null}
        {isText ? (
          <button
            onClick={() => setText(event.payload.kind === 'json' ? prettyJson(event.payload.text) : event.payload.text)}
          >
            Edit and send…
          </button>
        ) : null}
        <button onClick={() => setBody({ act: 'discard', topic, group, ids: [id] })}>Plan to discard it…</button>
      </p>
      {text === undefined ? null : (
        <form
          onSubmit={(submitted) => {
            submitted.preventDefault();
            setBody({ act: 'edit', topic, group, id, payload: text });
          }}
        >
          <label class="field tall">
            <span>payload to send instead</span>
            <textarea
              rows={12}
              value={text}
              onInput={(typed) => setText(typed.currentTarget.value)}
              spellcheck={false}
            />
          </label>
          <p class="buttons">
            <button type="button" onClick={() => setText(undefined)}>
              Leave it
            </button>
            <button type="submit">Plan to send this…</button>
          </p>
        </form>
      )}
      {letter.unreadableBytes === null ? (
        <Whole event={event} />
      ) : (
        <p class="note">
          It holds no event but {humanCount(letter.unreadableBytes)} bytes that could not be read. It can only be
          discarded.
        </p>
      )}
      {body === undefined ? null : <PlanDialog body={body} close={() => setBody(undefined)} done={again} />}
    </>
  );
}
