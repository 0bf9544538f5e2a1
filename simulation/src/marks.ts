/** Marks in a history that the simulation alone can make: it sees what no client of a broker is told. */

/** From here on the lease's holder finishes what it started. */
export function drainMark(lease: number): string {
  return `drain ${lease}`;
}

/** The lease was handed back in time, so nothing that its holder was given may come again. */
export function gracefulMark(lease: number): string {
  return `graceful ${lease}`;
}

/** The member's consumer ended with an error. */
export function failedMark(member: string): string {
  return `failed ${member}`;
}

/** Every member is gone, with everything handed back. */
export const restartMark = 'restarted';

/** Core asks for the next events of a lease. */
export function asksMark(lease: number): string {
  return `asks ${lease}`;
}

/** These places were handed over under the lease. */
export function handedMark(lease: number, places: readonly string[]): string {
  return `handed ${lease} ${places.join()}`;
}

/** Core had no room for the next event of the lease. */
export function noRoomMark(lease: number, place: string): string {
  return `no room ${lease} ${place}`;
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
export function gapMark(lease: number, member: string, gap: Stretch): string {
  return `gap ${lease} ${published(member, gap)}`;
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
export function handedOver(mark: string): { readonly lease: number; readonly places: readonly string[] } | undefined {
  const [what, lease, places = ''] = mark.split(' ', 3);
  return what === 'handed' ? { lease: Number(lease), places: places.split(',') } : undefined;
}

/** What {@link pausedMark} or {@link resumedMark} says; `undefined` for any other mark. */
export function pauseOf(mark: string): { readonly member: string; readonly isPaused: boolean } | undefined {
  const [what, member = ''] = mark.split(' ', 2);
  return what === 'paused' || what === 'resumed' ? { member, isPaused: what === 'paused' } : undefined;
}

/** What {@link noRoomMark} says; `undefined` for any other mark. */
export function refusedRoom(mark: string): { readonly lease: number; readonly place: string } | undefined {
  if (!mark.startsWith('no room ')) return undefined;
  const [, , lease, place = ''] = mark.split(' ', 4);
  return { lease: Number(lease), place };
}
