import { type Check, tell } from '@isostream/conformance/checks';
import { drainMark, handedOver, refusedRoom } from './marks.ts';

interface Holding {
  readonly member: string;
  readonly places: Set<string>;
}

/** BACKPRESSURE: what a member holds exceeds its bytes only where it is one event alone. Of a history by place. */
export function bytesInFlightAtMost(maxBytes: number, bytesAt: (place: string) => number): Check {
  return (entries) => {
    const assignments = new Map<number, Holding>();
    const wrong: string[] = [];
    const check = (member: string): void => {
      const places = [...assignments.values()].flatMap((each) => (each.member === member ? [...each.places] : []));
      const bytes = places.reduce((sum, place) => sum + bytesAt(place), 0);
      if (bytes > maxBytes && places.length > 1) wrong.push(`${bytes} in ${places.length} events at ${member}`);
    };
    for (const entry of entries) {
      if (entry.kind === 'assign') assignments.set(entry.assignment, { member: entry.member, places: new Set() });
      else if (entry.kind === 'revoke' || entry.kind === 'lost') assignments.delete(entry.assignment);
      else if (entry.kind === 'settle' && entry.result === 'ok')
        assignments.get(entry.assignment)?.places.delete(entry.id);
      else if (entry.kind === 'dead') for (const { places } of assignments.values()) places.delete(entry.id);
      else if (entry.kind === 'mark') {
        const handed = handedOver(entry.name);
        const holding = handed === undefined ? undefined : assignments.get(handed.assignment);
        if (handed === undefined || holding === undefined) continue;
        for (const place of handed.places) holding.places.add(place);
        check(holding.member);
      }
    }
    return tell(`times more than ${maxBytes} bytes were in flight`, wrong);
  };
}

/** BACKPRESSURE: from when an event larger than the whole budget is met, its member takes no other one before it. */
export function largestGoesFirst(maxBytes: number, bytesAt: (place: string) => number): Check {
  return (entries) => {
    const members = new Map<number, string>();
    const drains = new Map<string, number>();
    /** By member: who waits for its room. */
    const waiting = new Map<string, { readonly assignment: number; readonly place: string }>();
    const deaf = new Set<string>();
    const wrong: string[] = [];
    const over = (assignment: number | undefined): void => {
      if (assignment !== undefined) members.delete(assignment);
      for (const [member, first] of waiting) if (first.assignment === assignment) waiting.delete(member);
    };
    for (const entry of entries) {
      if (entry.kind === 'assign') {
        members.set(entry.assignment, entry.member);
        drains.set(drainMark(entry.assignment), entry.assignment);
      } else if (entry.kind === 'revoke') over(entry.assignment);
      else if (entry.kind === 'lost') {
        // Core may hear of it late, and hold the room for it until then: of this member nothing can be said any more.
        for (const [assignment, member] of members) if (member === entry.member) over(assignment);
        deaf.add(entry.member);
      }
      if (entry.kind !== 'mark') continue;
      over(drains.get(entry.name));
      // Retention took it.
      for (const [member, { place }] of waiting) if (entry.name === `dead ${place}`) waiting.delete(member);
      const refused = refusedRoom(entry.name);
      const handed = handedOver(entry.name);
      const member = members.get(refused?.assignment ?? handed?.assignment ?? 0);
      if (member === undefined || deaf.has(member)) continue;
      const first = waiting.get(member);
      // Of its own lane what was met before is taken by the same read.
      const mayBeFirst = first === undefined || first.assignment === refused?.assignment;
      if (refused !== undefined && mayBeFirst && bytesAt(refused.place) > maxBytes) waiting.set(member, refused);
      if (handed === undefined || first === undefined) continue;
      if (handed.places.includes(first.place)) waiting.delete(member);
      // What its own lane hands over was taken before it.
      else if (handed.assignment !== first.assignment)
        wrong.push(`${handed.places.join()} before ${first.place} at ${member}`);
    }
    return tell('handed over before an event that waits for all the room', wrong);
  };
}
