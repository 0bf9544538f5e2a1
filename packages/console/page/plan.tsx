import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, get, post } from './api.ts';
import { clean, Problem } from './parts.tsx';
import type { Job, MemberView, Plan } from './types.ts';

/** Says what an act would do, has it confirmed, runs it, and says what came of it. */
export function PlanDialog(props: {
  readonly body: object;
  readonly close: () => void;
  done?: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [found, setFound] = useState<{ readonly plan: Plan; readonly isAllowed: boolean }>();
  const [error, setError] = useState<string>();
  const [typed, setTyped] = useState('');
  const [job, setJob] = useState<Job>();
  const fail = (thrown: unknown): void => setError(thrown instanceof Failure ? thrown.message : String(thrown));
  useEffect(() => {
    dialog.current?.showModal();
    post<{ plan: Plan; isAllowed: boolean }>('plan', props.body).then(setFound, fail);
  }, []);
  const isRunning = job?.state === 'running';
  useEffect(() => {
    if (job?.state !== 'running') return undefined;
    const timer = setTimeout(() => {
      get<readonly Job[]>('jobs').then(
        (jobs) => {
          setError(undefined);
          setJob({ ...(jobs.find(({ id }) => id === job.id) ?? job) });
        },
        (thrown: unknown) => {
          fail(thrown);
          // Asked again: one failed look does not end the act.
          setJob({ ...job });
        },
      );
    }, 300);
    return () => clearTimeout(timer);
  }, [job]);
  const run = (): void => {
    if (found === undefined) return;
    setError(undefined);
    post<Job>('run', { plan: found.plan.id, ...(found.plan.confirm === undefined ? {} : { confirm: typed }) }).then(
      setJob,
      fail,
    );
  };
  const close = (): void => {
    dialog.current?.close();
    if (job !== undefined) props.done?.();
    props.close();
  };
  return (
    <dialog
      ref={dialog}
      aria-label="Plan"
      onCancel={(event) => {
        event.preventDefault();
        if (!isRunning || error !== undefined) close();
      }}
    >
      <h2>{job === undefined ? 'Plan' : 'Result'}</h2>
      {error === undefined ? null : <Problem text={error} />}
      {found === undefined && error === undefined ? <p role="status">Looking at what it would do…</p> : null}
      {found === undefined ? null : <PlanText plan={found.plan} />}
      {found === undefined || job !== undefined ? null : (
        <form onSubmit={(event) => event.preventDefault()}>
          {found.isAllowed ? null : (
            <p class="note">
              This console is read-only: start it with --allow-changes to run this. Nothing was changed.
            </p>
          )}
          {found.plan.confirm === undefined || !found.isAllowed ? null : (
            <label class="field">
              <span>Type “{clean(found.plan.confirm)}” to confirm</span>
              <input
                type="text"
                value={typed}
                onInput={(event) => setTyped(event.currentTarget.value)}
                autocomplete="off"
              />
            </label>
          )}
          <p class="buttons">
            <button type="button" onClick={close}>
              Leave it
            </button>
            <button
              type="button"
              class="act"
              disabled={!found.isAllowed || (found.plan.confirm !== undefined && typed !== found.plan.confirm)}
              onClick={run}
            >
              Run {found.plan.kind}
            </button>
          </p>
        </form>
      )}
      {job === undefined ? null : <JobText job={job} />}
      {job === undefined ? (
        error === undefined || found !== undefined ? null : (
          <p class="buttons">
            <button onClick={close}>Close</button>
          </p>
        )
      ) : (
        <p class="buttons">
          {isRunning && error === undefined ? (
            <button onClick={() => void post('cancel', { job: job.id }).catch(fail)}>Cancel the rest</button>
          ) : (
            <button onClick={close}>Close</button>
          )}
        </p>
      )}
    </dialog>
  );
}

function PlanText({ plan }: { readonly plan: Plan }): JSX.Element {
  return (
    <div>
      <p class="sentence">It {clean(plan.sentence)}.</p>
      <Details value={plan.details} />
      {plan.command === undefined ? null : (
        <p class="command">
          <span>The same as a command:</span> <code data-command="">{clean(plan.command)}</code>
        </p>
      )}
    </div>
  );
}

interface Step {
  readonly partition: string;
  readonly from: string | null;
  readonly to: string;
  readonly again: number | null;
  readonly skipped: number | null;
}

interface Details {
  readonly steps?: readonly Step[];
  readonly members?: readonly (string | MemberView)[] | null;
  readonly groups?: readonly { readonly code: string; readonly type: string | null; readonly count: number }[];
}

function memberName(member: string | MemberView): string {
  if (typeof member === 'string') return member;
  const { id, clientId, host } = member;
  return [clientId ?? id, host ?? []].flat().join(' on ');
}

/** Partitions of a reset, members that must stop, letters by reason. */
function Details({ value }: { readonly value: unknown }): JSX.Element | null {
  if (typeof value !== 'object' || value === null) return null;
  const { steps, members, groups }: Details = value;
  return (
    <>
      {members === undefined || members === null || members.length === 0 ? null : (
        <p class="note">
          Members must stop first; {members.length} run: {clean(members.map(memberName).join(', '))}
        </p>
      )}
      {steps === undefined ? null : (
        <div class="scroll">
          <table aria-label="Partitions of the plan">
            <thead>
              <tr>
                <th scope="col">partition</th>
                <th scope="col">from</th>
                <th scope="col">to</th>
                <th scope="col" class="number">
                  again
                </th>
                <th scope="col" class="number">
                  skipped
                </th>
              </tr>
            </thead>
            <tbody>
              {steps.map(({ partition, from, to, again, skipped }) => (
                <tr key={partition}>
                  <td>{clean(partition)}</td>
                  <td>{clean(from ?? 'none')}</td>
                  <td>{clean(to)}</td>
                  <td class="number">{again ?? '?'}</td>
                  <td class="number">{skipped ?? '?'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {groups === undefined || groups.length === 0 ? null : (
        <ul>
          {groups.map(({ code, type, count }) => (
            <li key={`${code} ${type}`}>
              {count} × {clean(code)}
              {type === null ? '' : `, ${clean(type)}`}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** How far an act is, or what came of it. */
export function JobText({ job }: { readonly job: Job }): JSX.Element {
  const { state, done, of, error } = job;
  return (
    <div role="status">
      <p class={`job ${state}`}>
        {state}
        {of > 0 ? `: ${done} of ${of}` : ''}
      </p>
      {state === 'running' && of > 0 ? <progress value={done} max={of} /> : null}
      {error === null ? null : <Problem text={error} />}
      {state === 'done' && job.result !== null ? <pre>{clean(JSON.stringify(job.result, null, 2))}</pre> : null}
    </div>
  );
}
