import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Graph } from './graph.tsx';
import { useData } from './hooks.ts';
import { clean, Field, Figure, Loading, Problem, State, Table, Time, whyNoRate } from './parts.tsx';
import { PlanDialog } from './plan.tsx';
import { to } from './route.ts';
import type { About, LagPoint, WatchedGroup } from './types.ts';

interface Answer {
  readonly group: WatchedGroup;
  readonly history: readonly LagPoint[];
}

/** One group: how far it is, who holds what, and what can be done. */
export function Group(props: { readonly topic: string; readonly name: string; readonly about: About }): JSX.Element {
  const { topic, name, about } = props;
  const { value, error, again } = useData<Answer>('group', { topic, group: name }, 3_000);
  return (
    <>
      <h1>
        {clean(name)}{' '}
        <small>
          on <a href={to(['topic', topic])}>{clean(topic)}</a>
        </small>
      </h1>
      {error === undefined ? null : <Problem text={error} again={again} />}
      {value === undefined ? error === undefined ? <Loading /> : null : <GroupBody {...value} about={about} />}
    </>
  );
}

function GroupBody({ group, history, about }: Answer & { readonly about: About }): JSX.Element {
  const { topic, group: name, unknown, partitions, members } = group;
  const clients = new Map(members?.map((member) => [member.id, member]));
  return (
    <>
      <dl class="figures">
        <div>
          <dt>state</dt>
          <dd>
            <State state={group.state} />
            {group.stuckSince === null ? null : (
              <>
                {' '}
                since <Time at={group.stuckSince} />
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>lag</dt>
          <dd>
            <Figure value={group.events} why={unknown.lag} />
          </dd>
        </div>
        <div>
          <dt>oldest</dt>
          <dd>
            <Figure value={group.oldestMs} as="age" why={unknown.lag} />
          </dd>
        </div>
        <div>
          <dt>in</dt>
          <dd>
            <Figure value={group.inPerSecond} as="rate" why={whyNoRate(group.events)} />
          </dd>
        </div>
        <div>
          <dt>out</dt>
          <dd>
            <Figure value={group.outPerSecond} as="rate" why={whyNoRate(group.events)} />
          </dd>
        </div>
        <div>
          <dt>members</dt>
          <dd>
            <Figure value={members?.length ?? null} why={unknown.members} />
          </dd>
        </div>
      </dl>
      {Object.values(unknown).map((why) => (
        <p key={why} class="note">
          {clean(why)}
        </p>
      ))}
      <p class="buttons">
        <a class="button" href={to(['letters', topic, name])}>
          Dead letters
        </a>
      </p>
      {history.length > 1 && (group.events !== null || group.oldestMs !== null) ? <Graph points={history} /> : null}
      {partitions.length === 0 ? null : (
        <section>
          <h2>Partitions</h2>
          <Table
            label="Partitions"
            head={['partition', ['lag', 'number'], ['oldest', 'number'], 'committed', ['end', 'wide'], 'member']}
          >
            {partitions.slice(0, 1_000).map((partition) => (
              <tr key={partition.partition} data-row="">
                <td>{clean(partition.partition)}</td>
                <td class="number">
                  <Figure value={partition.events} />
                </td>
                <td class="number">
                  <Figure value={partition.oldestMs} as="age" />
                </td>
                <td class="mono">{clean(partition.committed ?? 'none')}</td>
                <td class="mono wide">{partition.end === null ? <Figure value={null} /> : clean(partition.end)}</td>
                <td>
                  {partition.member === null ? (
                    <span class="unknown" title={unknown.members ?? 'nobody holds it'}>
                      –
                    </span>
                  ) : (
                    clean(clients.get(partition.member)?.clientId ?? partition.member)
                  )}
                </td>
              </tr>
            ))}
          </Table>
        </section>
      )}
      {members === null ? null : (
        <section>
          <h2>Members</h2>
          {members.length === 0 ? (
            <p>Nobody is in this group.</p>
          ) : (
            <Table label="Members" head={['client', ['host', 'wide'], 'holds', ['id', 'wide']]}>
              {members.map((member) => (
                <tr key={member.id} data-row="">
                  <td>{clean(member.clientId ?? '–')}</td>
                  <td class="wide">{clean(member.host ?? '–')}</td>
                  <td>{member.partitions.length === 0 ? 'no partition' : clean(member.partitions.join(', '))}</td>
                  <td class="mono wide">{clean(member.id)}</td>
                </tr>
              ))}
            </Table>
          )}
        </section>
      )}
      <Acts topic={topic} name={name} about={about} />
    </>
  );
}

function Acts({
  topic,
  name,
  about,
}: {
  readonly topic: string;
  readonly name: string;
  readonly about: About;
}): JSX.Element {
  const [body, setBody] = useState<object>();
  const [start, setStart] = useState('');
  return (
    <section>
      <h2>Move or delete it</h2>
      {about.capabilities.resetGroup ? (
        <form
          class="filters"
          onSubmit={(event) => {
            event.preventDefault();
            setBody({ act: 'reset', topic, group: name, to: start });
          }}
        >
          <Field label="Go on at" value={start} hint="earliest, latest, 2h, 2026-11-01T12:00:00Z" onInput={setStart} />
          <button type="submit" disabled={start.trim() === ''}>
            Plan a reset…
          </button>
        </form>
      ) : (
        <p class="note">{about.provider} cannot set the position of a group. Use a new group, or a replay.</p>
      )}
      <button type="button" onClick={() => setBody({ act: 'delete-group', topic, group: name })}>
        Plan to delete it…
      </button>
      {body === undefined ? null : <PlanDialog body={body} close={() => setBody(undefined)} />}
    </section>
  );
}
