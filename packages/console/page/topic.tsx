import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { humanCount } from '@isostream/operations/text';
import { Failure, lines } from './api.ts';
import { shown } from './event.tsx';
import { useData } from './hooks.ts';
import { GroupTable } from './now.tsx';
import { brief, clean, Field, Loading, Problem, Row, Table, Time } from './parts.tsx';
import { PlanDialog } from './plan.tsx';
import { replace, to } from './route.ts';
import type { OverviewAnswer, Previewed, SearchReport, WatchedGroup } from './types.ts';

/** All topics, with the groups that read them. */
export function Topics({
  overview,
  filter,
}: {
  readonly overview: OverviewAnswer;
  readonly filter: string;
}): JSX.Element {
  const { topics, groups } = overview;
  const of = new Map<string, number>();
  for (const { topic } of groups ?? []) of.set(topic, (of.get(topic) ?? 0) + 1);
  const names = [...new Set([...(topics ?? []), ...of.keys()])].filter((name) => name.includes(filter));
  const shownNames = names.slice(0, 1_000);
  return (
    <>
      <h1>Topics</h1>
      {topics === null ? <p class="note">Topics cannot be listed here: those that have groups are shown.</p> : null}
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Field
          label="Name contains"
          value={filter}
          filter
          onInput={(value) => replace(to(['topics'], { name: value }))}
        />
      </form>
      {names.length === 0 ? (
        <p>{filter === '' ? 'There are no topics.' : 'No topic has this in its name.'}</p>
      ) : (
        <Table label="Topics" head={['topic', ['groups', 'number']]}>
          {shownNames.map((name) => (
            <Row key={name} href={to(['topic', name])} name={name}>
              <td class="number">{of.get(name) ?? 0}</td>
            </Row>
          ))}
        </Table>
      )}
      {names.length > shownNames.length ? <p>The first 1,000 of {humanCount(names.length)} are shown.</p> : null}
    </>
  );
}

interface TopicAnswer {
  readonly description: { readonly partitionNames: readonly string[] } & Readonly<Record<string, unknown>>;
  readonly groups: readonly WatchedGroup[];
}

/** One topic: its events, its groups, its settings. */
export function Topic({ name, query }: { readonly name: string; readonly query: URLSearchParams }): JSX.Element {
  const tab = query.get('tab') ?? 'events';
  const { value, error, again } = useData<TopicAnswer>('topic', { topic: name }, 10_000);
  return (
    <>
      <h1>{clean(name)}</h1>
      <nav class="tabs" aria-label="Parts of the topic">
        {['events', 'groups', 'settings', 'send'].map((each) => (
          <a key={each} href={to(['topic', name], { tab: each })} aria-current={tab === each ? 'page' : undefined}>
            {each}
          </a>
        ))}
      </nav>
      {error === undefined ? null : <Problem text={error} again={again} />}
      {tab === 'events' ? <Events topic={name} query={query} /> : null}
      {tab === 'send' ? <Send topic={name} /> : null}
      {tab !== 'groups' && tab !== 'settings' ? null : value === undefined ? (
        error === undefined ? (
          <Loading />
        ) : null
      ) : tab === 'groups' ? (
        value.groups.length === 0 ? (
          <p>No group reads this topic.</p>
        ) : (
          <GroupTable
            groups={value.groups.map((group) => ({
              ...group,
              partitions: group.partitions.length,
              members: group.members?.length ?? null,
            }))}
          />
        )
      ) : (
        <Settings description={value.description} />
      )}
    </>
  );
}

function Settings({ description }: { readonly description: TopicAnswer['description'] }): JSX.Element {
  const { partitionNames, name: _, ...settings } = description;
  return (
    <dl class="pairs">
      {Object.entries(settings).map(([name, value]) => [
        <dt key={`t${name}`}>{name}</dt>,
        <dd key={name} class="mono">
          {String(value)}
        </dd>,
      ])}
      <dt>partition names</dt>
      <dd class="mono">
        {clean(partitionNames.slice(0, 200).join(', '))}
        {partitionNames.length > 200 ? ` and ${partitionNames.length - 200} more` : ''}
      </dd>
    </dl>
  );
}

type Line = {
  readonly event?: Previewed;
  readonly read?: number;
  readonly end?: SearchReport;
  readonly error?: string;
  readonly skipped?: number;
  readonly ready?: boolean;
  readonly problem?: string;
};

const kept = 500;
const fields = ['key', 'type', 'header', 'text'] as const;

/** By the time of storing, over all partitions. */
function newestFirst(a: Previewed, b: Previewed): number {
  return a.stored === b.stored ? 0 : a.stored < b.stored ? 1 : -1;
}

/** Stored events, or those that arrive, by filters that are part of the address. */
function Events({ topic, query }: { readonly topic: string; readonly query: URLSearchParams }): JSX.Element {
  const [events, setEvents] = useState<readonly Previewed[]>([]);
  const [waiting, setWaiting] = useState<readonly Previewed[]>([]);
  const [status, setStatus] = useState('');
  const [error, setError] = useState<string>();
  const [mode, setMode] = useState<'idle' | 'searching' | 'live' | 'paused'>('idle');
  const running = useRef<AbortController>(null);
  const list = useRef<HTMLDivElement>(null);
  const paused = useRef(false);
  const filter = Object.fromEntries(fields.map((field) => [field, query.get(field) ?? undefined]));
  const from = query.get('from') ?? '1h';
  const set = (name: string, value: string): void => {
    const all: Record<string, string> = { ...Object.fromEntries<string>(query), [name]: value };
    replace(to(['topic', topic], all));
  };
  const stop = (): void => {
    running.current?.abort();
    running.current = null;
    setMode('idle');
  };
  useEffect(() => stop, [topic]);
  const begin = (next: 'searching' | 'live'): AbortSignal => {
    running.current?.abort();
    const ended = new AbortController();
    running.current = ended;
    setEvents([]);
    setWaiting([]);
    setError(undefined);
    setStatus('');
    paused.current = false;
    setMode(next);
    return ended.signal;
  };
  const fail =
    (signal: AbortSignal) =>
    (thrown: unknown): void => {
      if (signal.aborted) return;
      setMode('idle');
      setError(thrown instanceof Failure ? thrown.message : String(thrown));
    };
  const search = (): void => {
    const signal = begin('searching');
    const found: Previewed[] = [];
    lines<Line>('events', { topic, from, limit: 200, ...filter }, signal, ({ event, read, end, error: why }) => {
      if (event !== undefined) found.push(event);
      if (read !== undefined) setStatus(`read ${humanCount(read)} events, found ${found.length}`);
      if (why !== undefined) setError(why);
      if (end !== undefined)
        setStatus(
          `${end.matched} found of ${humanCount(end.read)} that were read since ${from}; ${end.complete ? 'that is all' : 'there may be more: narrow the filters, or begin later'}`,
        );
      if (found.length % 20 === 0 || end !== undefined) setEvents(found.toSorted(newestFirst));
    }).then(() => {
      if (!signal.aborted) {
        setEvents(found.toSorted(newestFirst));
        setMode('idle');
      }
    }, fail(signal));
  };
  const follow = (): void => {
    const signal = begin('live');
    let fresh: Previewed[] = [];
    let skipped = 0;
    const paint = setInterval(() => {
      if (fresh.length === 0) return;
      const batch = fresh.toReversed();
      fresh = [];
      const isBusy = paused.current || list.current?.matches(':hover, :focus-within') === true || scrollY > 0;
      (isBusy ? setWaiting : setEvents)((before) => [...batch, ...before].slice(0, kept));
    }, 500);
    signal.addEventListener('abort', () => clearInterval(paint));
    setStatus('joining…');
    lines<Line>('tail', { topic, ...filter }, signal, ({ event, error: why, skipped: more, ready, problem }) => {
      if (event !== undefined) fresh.push(event);
      if (ready === true) setStatus('live: what is sent from now on is shown');
      if (more !== undefined)
        setStatus(`live; ${humanCount((skipped += more))} events came faster than 200 per second and were left out`);
      if (why !== undefined || problem !== undefined) setError(why ?? problem);
    }).then(() => {
      if (!signal.aborted) {
        setMode('idle');
        setStatus('it has ended');
      }
      clearInterval(paint);
    }, fail(signal));
  };
  const showWaiting = (): void => {
    setEvents((before) => [...waiting, ...before].slice(0, kept));
    setWaiting([]);
  };
  const pause = (): void => {
    paused.current = mode === 'live';
    setMode(paused.current ? 'paused' : 'live');
    if (!paused.current) showWaiting();
  };
  return (
    <section aria-label="Events">
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          search();
        }}
      >
        <Field label="since" value={from} hint="1h, 2d, earliest, a time" onInput={(value) => set('from', value)} />
        <Field label="key" value={filter['key'] ?? ''} filter onInput={(value) => set('key', value)} />
        <Field label="type" value={filter['type'] ?? ''} onInput={(value) => set('type', value)} />
        <Field
          label="header"
          value={filter['header'] ?? ''}
          hint="name or name=value"
          onInput={(value) => set('header', value)}
        />
        <Field label="payload contains" value={filter['text'] ?? ''} onInput={(value) => set('text', value)} />
        <button type="submit">Search</button>
        <button type="button" onClick={follow}>
          Follow live
        </button>
        {mode === 'idle' ? null : (
          <button type="button" onClick={stop}>
            Stop
          </button>
        )}
        {mode === 'live' || mode === 'paused' ? (
          <button type="button" data-pause="" onClick={pause}>
            {mode === 'live' ? 'Pause' : 'Go on'}
          </button>
        ) : null}
      </form>
      <p class="status" role="status">
        <strong>{mode === 'idle' ? '' : mode}</strong> {status}
      </p>
      {error === undefined ? null : <Problem text={error} />}
      {mode === 'idle' && status === '' && error === undefined ? (
        <p class="note">Search reads what was stored since then; Follow live shows what arrives from now on.</p>
      ) : null}
      {waiting.length === 0 ? null : (
        <button class="new" data-new="" onClick={showWaiting}>
          {waiting.length} new — show
        </button>
      )}
      <div ref={list}>
        {events.length === 0 ? null : (
          <Table label="Events" head={['place', 'stored', 'key', 'type', ['payload', 'wide'], ['bytes', 'number']]}>
            {events.map((event) => (
              <Row
                key={`${event.partition}/${event.position}`}
                href={to(['event', topic, event.partition, event.position])}
                name={`${event.partition}/${event.position}`}
              >
                <td>
                  <Time at={event.stored} />
                </td>
                <td class="mono">{brief(shown(event.key))}</td>
                <td>{brief(typeof event.attributes['type'] === 'string' ? event.attributes['type'] : '–')}</td>
                <td class="mono wide payload">{brief(event.payload.text, 200)}</td>
                <td class="number">{humanCount(event.payload.bytes)}</td>
              </Row>
            ))}
          </Table>
        )}
      </div>
    </section>
  );
}

function Send({ topic }: { readonly topic: string }): JSX.Element {
  const [type, setType] = useState('');
  const [key, setKey] = useState('');
  const [payload, setPayload] = useState('{\n  \n}');
  const [body, setBody] = useState<object>();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setBody({ act: 'send', topic, type, payload, ...(key === '' ? {} : { key }) });
      }}
    >
      <p class="note">
        The topic’s own schema and key are not known here: give the key that its producers would compute.
      </p>
      <div class="filters">
        <Field label="type" value={type} onInput={setType} />
        <Field label="key" value={key} onInput={setKey} />
      </div>
      <label class="field tall">
        <span>payload, as JSON</span>
        <textarea
          rows={8}
          value={payload}
          onInput={(event) => setPayload(event.currentTarget.value)}
          spellcheck={false}
        />
      </label>
      <p class="buttons">
        <button type="submit" disabled={type === ''}>
          Plan to send it…
        </button>
      </p>
      {body === undefined ? null : <PlanDialog body={body} close={() => setBody(undefined)} />}
    </form>
  );
}
