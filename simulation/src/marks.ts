/** Marks in a history that the simulation alone can make: it sees what no client of a broker is told. */

/** From here on the assignment's holder finishes what it started. */
export function drainMark(assignment: number): string {
  return `drain ${assignment}`;
}

/** The assignment was handed back in time, so nothing that its holder was given may come again. */
export function gracefulMark(assignment: number): string {
  return `graceful ${assignment}`;
}

/** The member's consumer ended with an error. */
export function failedMark(member: string): string {
  return `failed ${member}`;
}

/** Every member is gone, with everything handed back. */
export const restartMark = 'restarted';

/** Core asks for the next events of an assignment. */
export function asksMark(assignment: number): string {
  return `asks ${assignment}`;
}

/** These places were handed over under the assignment. */
export function handedMark(assignment: number, places: readonly string[]): string {
  return `handed ${assignment} ${places.join()}`;
}

/** Core had no room for the next event of the assignment. */
export function noRoomMark(assignment: number, place: string): string {
  return `no room ${assignment} ${place}`;
}

/** No handler may be started at this member. */
export function pausedMark(member: string): string {
  return `paused ${member}`;
}

export function resumedMark(member: string): string {
  return `resumed ${member}`;
}

/** A handler exceeded its time limit. */
export function timedOutMark(id: string): string {
  return `timed out ${id}`;
}

/** The handler of a batch threw. */
export const threwMark = 'a batch failed as a whole';

/** A loop over a stream was left. */
export const leftMark = 'a loop was left';

/** Core was told that these positions are gone. */
export function gapMark(assignment: number, member: string, gap: Stretch): string {
  return `gap ${assignment} ${published(member, gap)}`;
}

/** A gap as core told it to whoever listens. */
export function published(member: string, { partition, from, to }: Stretch): string {
  return `${member} ${partition}/${from}-${to}`;
}

interface Stretch {
  readonly partition: string;
  readonly from: string;
  readonly to: string;
}

/** What {@link handedMark} says; `undefined` for any other mark. */
export function handedOver(
  mark: string,
): { readonly assignment: number; readonly places: readonly string[] } | undefined {
  const [what, assignment, places = ''] = mark.split(' ', 3);
  return what === 'handed' ? { assignment: Number(assignment), places: places.split(',') } : undefined;
}

/** What {@link pausedMark} or {@link resumedMark} says; `undefined` for any other mark. */
export function pauseOf(mark: string): { readonly member: string; readonly isPaused: boolean } | undefined {
  const [what, member = ''] = mark.split(' ', 2);
  return what === 'paused' || what === 'resumed' ? { member, isPaused: what === 'paused' } : undefined;
}

/** What {@link noRoomMark} says; `undefined` for any other mark. */
export function refusedRoom(mark: string): { readonly assignment: number; readonly place: string } | undefined {
  if (!mark.startsWith('no room ')) return undefined;
  const [, , assignment, place = ''] = mark.split(' ', 4);
  return { assignment: Number(assignment), place };
}
