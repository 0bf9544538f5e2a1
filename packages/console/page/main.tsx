import { type JSX, render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to be named
import 'uplot/dist/uPlot.min.css';
import { takeToken } from './api.ts';
import { EventPage } from './event.tsx';
import { Group } from './group.tsx';
import { useData } from './hooks.ts';
import { keyList, listenToKeys } from './keys.ts';
import { Letter, Letters } from './letters.tsx';
import { DeadLetters, Groups, Now } from './now.tsx';
import { clean, Loading, Problem, Time } from './parts.tsx';
import { JobText } from './plan.tsx';
import { type Place, to, usePlace } from './route.ts';
import { Topic, Topics } from './topic.tsx';
import type { About, Job, OverviewAnswer } from './types.ts';

const pages = [
  ['now', 'Now'],
  ['topics', 'Topics'],
  ['groups', 'Groups'],
  ['letters', 'Dead letters'],
  ['jobs', 'Jobs'],
  ['about', 'About'],
] as const;

function App(): JSX.Element {
  const place = usePlace();
  const [isHelping, setHelping] = useState(false);
  const about = useData<About>('about', {});
  const overview = useData<OverviewAnswer>('overview', {}, 3_000);
  useEffect(() => listenToKeys(() => setHelping(true)), []);
  const error = about.error ?? overview.error;
  const found = overview.value;
  return (
    <>
      <header>
        <a class="brand" href={to(['now'])}>
          isostream
        </a>
        <nav aria-label="Pages">
          {pages.map(([page, title]) => (
            <a key={page} href={to([page])} aria-current={isAt(place, page) ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <p class="where">
          {about.value === undefined
            ? ''
            : clean(
                `${about.value.address ?? about.value.provider}, ${about.value.allowed.length === 0 ? 'read-only' : 'changes are allowed'}`,
              )}{' '}
          <button onClick={() => setHelping(true)} aria-label="Keys" title="Keys (?)">
            ?
          </button>
        </p>
      </header>
      <main>
        {error === undefined ? null : (
          <Problem
            text={error}
            again={() => {
              about.again();
              overview.again();
            }}
          />
        )}
        {found === undefined ? null : <Age overview={found} />}
        {about.value === undefined || found === undefined ? (
          error === undefined ? (
            <Loading />
          ) : null
        ) : (
          <Page place={place} about={about.value} overview={found} />
        )}
      </main>
      {isHelping ? <Keys close={() => setHelping(false)} /> : null}
    </>
  );
}

/** How old the figures are, and why they are not younger. */
function Age({ overview }: { readonly overview: OverviewAnswer }): JSX.Element {
  const { at, stale, problem } = overview;
  if (problem !== null) return <Problem text={`nothing could be looked at yet: ${problem}`} />;
  if (stale !== undefined && stale !== null)
    return (
      <p class="problem" role="alert">
        The service does not answer: these figures are of <Time at={at ?? null} />. {clean(stale)}
      </p>
    );
  return (
    <p class="age">
      {at === undefined ? (
        'looking…'
      ) : (
        <>
          figures of <Time at={at} />
        </>
      )}
      , times are UTC
    </p>
  );
}

function Page({
  place,
  about,
  overview,
}: {
  readonly place: Place;
  readonly about: About;
  readonly overview: OverviewAnswer;
}): JSX.Element {
  const { path, query } = place;
  const [page = 'now', first = '', second = '', third = ''] = path;
  const name = path.join('/');
  if (page === 'topics') return <Topics overview={overview} filter={query.get('name') ?? ''} />;
  if (page === 'topic') return <Topic key={name} name={first} query={query} />;
  if (page === 'event') return <EventPage key={name} topic={first} partition={second} position={third} />;
  if (page === 'groups') return <Groups overview={overview} />;
  if (page === 'group') return <Group key={name} topic={first} name={second} about={about} />;
  if (page === 'letters' && first === '') return <DeadLetters overview={overview} />;
  if (page === 'letters') return <Letters key={name} topic={first} group={second} query={query} />;
  if (page === 'letter') return <Letter key={name} topic={first} group={second} id={third} />;
  if (page === 'jobs') return <Jobs />;
  if (page === 'about') return <AboutPage about={about} />;
  if (overview.groups === null) return <Loading />;
  return <Now overview={overview} />;
}

function Jobs(): JSX.Element {
  const { value, error, again } = useData<readonly Job[]>('jobs', {}, 1_000);
  return (
    <>
      <h1>
        Jobs <small>of this console since it was started</small>
      </h1>
      {error === undefined ? null : <Problem text={error} again={again} />}
      {value === undefined ? (
        <Loading />
      ) : value.length === 0 ? (
        <p>Nothing was done yet. What you plan and run is listed here.</p>
      ) : (
        value.map((job) => (
          <article key={job.id}>
            <p>
              It {clean(job.sentence)}.{' '}
              <small>
                <Time at={job.started} />
              </small>
            </p>
            <JobText job={job} />
          </article>
        ))
      )}
    </>
  );
}

function AboutPage({ about }: { readonly about: About }): JSX.Element {
  const { lag, members, resetGroup, replay } = about.capabilities;
  const cannot = [
    lag.events ? [] : [`count how many events a group is behind${lag.time ? '; it tells the age of the oldest' : ''}`],
    lag.events || lag.time ? [] : [`tell how old they are. See ${lag.elsewhere ?? 'the tools of the service'}`],
    members ? [] : ['tell who the members of a group are'],
    resetGroup ? [] : ['set the position of a group: use a new group, or a replay'],
    replay ? [] : ['read stored events and dead letters without a group'],
  ].flat();
  const [keys, setKeys] = useState(sessionStorage.getItem('isostream-keys') !== 'off');
  return (
    <>
      <h1>About</h1>
      <dl class="pairs">
        <dt>provider</dt>
        <dd>{about.provider}</dd>
        <dt>address</dt>
        <dd class="mono">{clean(about.address ?? 'in this process')}</dd>
        <dt>allowed</dt>
        <dd>
          {about.allowed.length === 0
            ? 'nothing: plans are shown and not run. Start it with --allow-changes. Watching a topic makes a temporary group and deletes it'
            : about.allowed.join(', ')}
        </dd>
      </dl>
      <h2>What {about.provider} cannot do</h2>
      {cannot.length === 0 ? (
        <p>It tells everything that this console shows.</p>
      ) : (
        <ul>
          {cannot.map((what) => (
            <li key={what}>{what}</li>
          ))}
        </ul>
      )}
      <h2>Keys</h2>
      <label>
        <input
          type="checkbox"
          checked={keys}
          onChange={(event) => {
            setKeys(event.currentTarget.checked);
            sessionStorage.setItem('isostream-keys', event.currentTarget.checked ? 'on' : 'off');
          }}
        />{' '}
        single keys do something
      </label>
    </>
  );
}

function Keys({ close }: { readonly close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label="Keys" onClose={close}>
      <h2>Keys</h2>
      <dl class="pairs">
        {keyList.map(([keys, does]) => [
          <dt key={`t${keys}`}>
            <kbd>{keys}</kbd>
          </dt>,
          <dd key={keys}>{does}</dd>,
        ])}
      </dl>
      <p class="buttons">
        <button onClick={() => dialog.current?.close()}>Close</button>
      </p>
    </dialog>
  );
}

/** A page of one thing belongs to the list that it is in. */
function isAt({ path: [page = 'now'] }: Place, name: string): boolean {
  return page === name || `${page}s` === name || (page === 'event' && name === 'topics');
}

takeToken();
// Only the part behind # changes where somebody opens the address of another start in the same tab.
addEventListener('hashchange', () => {
  if (takeToken()) location.reload();
});
const root = document.getElementById('console');
if (root !== null) render(<App />, root);
