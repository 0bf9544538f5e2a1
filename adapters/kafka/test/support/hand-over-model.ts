import { isComplete, joins, synced, without } from './group-model.ts';
import type { Commit, Holding, Member, Rules, State } from './hand-over-state.ts';

type Become = (change: Partial<Member>, more?: Partial<State>) => State;

export function* nextStates(state: State, how: Rules): Iterable<State> {
  const { group, members } = state;
  if (isComplete(group)) yield { ...state, group: { ...group, phase: 'syncing', generation: group.generation + 1 } };
  const leader = members.find(({ id }) => id !== undefined && id === group.joined[0]?.[0]);
  if (group.phase === 'syncing' && leader?.state === 'runs') yield { ...state, group: synced(group, how.assign) };
  for (const commit of state.commits)
    yield arrived({ ...state, commits: state.commits.filter((other) => other !== commit) }, commit, how);
  for (const [index, member] of members.entries()) {
    const become: Become = (change, more = {}) => ({
      ...state,
      ...more,
      members: members.with(index, { ...member, ...change }),
    });
    yield* troubles(state, member, become, how);
    if (member.state === 'runs') yield* steps(state, member, index, become, how);
  }
}

const sessionOver = ({ holdings }: Member, { forgets }: Rules): Partial<Member> => ({
  id: undefined,
  generation: -1,
  rejoins: true,
  holdings: forgets ? [] : holdings,
});

function* troubles(state: State, member: Member, become: Become, how: Rules): Iterable<State> {
  const { group, left } = state;
  const { id, state: now } = member;
  const broken = { left: { ...left, faults: left.faults - 1 }, hadFaults: true };
  if (left.faults > 0 && now === 'runs') {
    yield become({ state: 'crashed' }, broken);
    yield become({ state: 'frozen' }, broken);
  }
  const isKnown = id !== undefined && group.ids.includes(id);
  if (isKnown && (now === 'frozen' || now === 'crashed')) yield { ...state, group: without(group, id) };
  if (now !== 'frozen') return;
  // A process that wakes up asks its own clock before anything else; but that may have stood still as well.
  yield become({ state: 'runs' });
  if (!isKnown) yield become({ state: 'runs', ...sessionOver(member, how) });
}

function* steps(state: State, member: Member, index: number, become: Become, how: Rules): Iterable<State> {
  const { group, left } = state;
  const { holdings, id, isLeaving } = member;
  yield* belongs(state, member, index, become, how);
  if (left.leaves > 0 && !isLeaving && id !== undefined)
    yield become(
      { isLeaving: true, holdings: holdings.map((holding) => ({ ...holding, state: 'draining' })) },
      { left: { ...left, leaves: left.leaves - 1 } },
    );
  if (isLeaving && holdings.length === 0)
    yield become({ state: 'gone', id: undefined }, id === undefined ? {} : { group: without(group, id) });
  for (const [at, holding] of holdings.entries()) {
    const hold = (change: Partial<Holding>, more: Partial<State> = {}): State =>
      become({ holdings: holdings.with(at, { ...holding, ...change }) }, more);
    yield* works(state, { member, index, holding, hold });
    const isDone = !holding.isHandling && holding.committed === holding.handled;
    if (holding.state === 'draining' && (isDone || !how.drains))
      yield become({ holdings: holdings.toSpliced(at, 1), rejoins: !isLeaving || member.rejoins });
  }
}

/** Joins, reads the answer, and hears that its session is over. */
function* belongs(state: State, member: Member, index: number, become: Become, how: Rules): Iterable<State> {
  const { group } = state;
  const { holdings, id, isLeaving, generation, rejoins } = member;
  const owned = holdings.map(({ partition }) => partition);
  if (id === undefined) {
    // Members are alike: which of them comes first is no difference.
    const isNext = state.members.slice(0, index).every(({ hasCome, state: now }) => hasCome || now !== 'runs');
    if (isLeaving || !isNext) return;
    const joined = joins(group, group.nextId, owned, generation, isLeaving);
    yield become({ id: group.nextId, hasCome: true, rejoins: false }, { group: joined });
    return;
  }
  if (!group.ids.includes(id)) {
    yield become(sessionOver(member, how));
    return;
  }
  const answer = group.answers.find(([other]) => other === id);
  if (answer !== undefined) {
    const [, told, share] = answer;
    const kept = holdings.map((holding) =>
      share.includes(holding.partition) ? holding : { ...holding, state: 'draining' as const },
    );
    const fresh = isLeaving ? [] : share.filter((partition) => !owned.includes(partition));
    const starting = fresh.map((partition) => ({ ...starts, partition, token: told }));
    yield become(
      { generation: told, holdings: [...kept, ...starting] },
      { group: { ...group, answers: group.answers.filter((other) => other !== answer) } },
    );
    return;
  }
  const hasJoined = group.joined.some(([other]) => other === id);
  if (!hasJoined && (rejoins || group.phase !== 'stable'))
    yield become({ rejoins: false }, { group: joins(group, id, owned, generation, isLeaving) });
}

const starts = { state: 'starting', handled: 0, committed: 0, isHandling: false } as const;

interface Working {
  readonly member: Member;
  readonly index: number;
  readonly holding: Holding;
  readonly hold: (change: Partial<Holding>, more?: Partial<State>) => State;
}

/** Reads where the group stands, handles one event after the other, and commits. */
function* works(state: State, { member, index, holding, hold }: Working): Iterable<State> {
  const { group, handled } = state;
  const { partition, token } = holding;
  const position = group.positions[partition] ?? 0;
  if (holding.state === 'starting') {
    const tokens = group.tokens.with(partition, Math.max(token, group.tokens[partition] ?? 0));
    yield hold({ state: 'held', handled: position, committed: position }, { group: { ...group, tokens } });
    return;
  }
  if (holding.isHandling)
    yield hold(
      { isHandling: false, handled: holding.handled + 1 },
      { handled: handled.with(partition, Math.max(handled[partition] ?? 0, holding.handled + 1)) },
    );
  else if (holding.state === 'held' && holding.handled < state.events)
    yield hold({ isHandling: true }, { wrong: [...state.wrong, ...twice(state, member, holding)] });
  const { id, generation } = member;
  const isCommitting = state.commits.some((commit) => commit.by === index && commit.partition === partition);
  if (id === undefined || isCommitting || holding.committed === holding.handled) return;
  const commit = { by: index, id, generation, partition, token, offset: holding.handled };
  yield hold({}, { commits: [...state.commits, commit] });
}

/** What may not be while nothing broke. */
function twice(state: State, member: Member, { partition, handled }: Holding): readonly string[] {
  if (state.hadFaults) return [];
  const isElsewhere = state.members.some(
    (other) => other !== member && other.holdings.some((held) => held.partition === partition && held.isHandling),
  );
  return [
    ...(isElsewhere ? [`two members handle partition ${partition} at once`] : []),
    ...(handled < (state.handled[partition] ?? 0) ? [`${handled} of partition ${partition} again`] : []),
  ];
}

function arrived(state: State, commit: Commit, { fences }: Rules): State {
  const { group, members } = state;
  const { by, id, generation, partition, token, offset } = commit;
  const isPresent = group.ids.includes(id) && generation === group.generation && group.phase !== 'syncing';
  // A refused one is sent again, if its sender still holds the partition.
  if (fences && !isPresent) return state;
  const [position = 0, newest = 0] = [group.positions[partition], group.tokens[partition]];
  const wrong = [...state.wrong];
  if (offset < position) wrong.push(`the position of ${partition} went back`);
  if (token < newest) wrong.push(`a commit of token ${token} after ${newest}`);
  if (offset > (state.handled[partition] ?? 0)) wrong.push(`the position of ${partition} passes what nobody handled`);
  const sender = members[by];
  const holdings = sender?.holdings.map((holding) =>
    holding.partition === partition && holding.token === token ? { ...holding, committed: offset } : holding,
  );
  return {
    ...state,
    group: { ...group, positions: group.positions.with(partition, offset) },
    members: sender === undefined || holdings === undefined ? members : members.with(by, { ...sender, holdings }),
    wrong,
  };
}
