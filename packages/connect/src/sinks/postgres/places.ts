/** Where a record is stored, and when it was stored there. */
export interface Place {
  readonly position: string;
  readonly timestamp: number | null;
}

/** The place as one text. */
export function placeText({ position, timestamp }: Place): string {
  return `${position} ${timestamp ?? ''}`;
}

/**
 * Places as short text. Where positions are numbers they are mostly one more than the one before, and times a little later: both
 * are written as what changes, and how often it does so by the same. Other positions are a list.
 */
export function packed(places: readonly Place[]): string {
  const positions: number[] = [];
  const timestamps: number[] = [];
  for (const { position, timestamp } of places) {
    // Of longer numbers, and of those with zeros in front, the text would be lost.
    if (!/^(?:0|[1-9]\d{0,14})$/.test(position) || !isShort(timestamp)) return JSON.stringify(places.map(placeText));
    positions.push(Number(position));
    timestamps.push(timestamp);
  }
  return `${runs(positions)};${runs(timestamps)}`;
}

/** The texts of {@link packed} places. */
export function unpacked(text: string): readonly string[] {
  if (text.startsWith('[')) {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(String) : [];
  }
  const [positions = [], timestamps = []] = text.split(';').map(values);
  return positions.map((position, at) => placeText({ position: String(position), timestamp: timestamps[at] ?? null }));
}

function isShort(timestamp: number | null): timestamp is number {
  return Number.isInteger(timestamp) && Math.abs(timestamp ?? 0) < 1e15;
}

/** `41 1*499`: 41, and 499 times one more. */
function runs(numbers: readonly number[]): string {
  const parts: string[] = [];
  let before = 0;
  let step: number | undefined;
  let times = 0;
  const end = (): void => {
    if (step !== undefined) parts.push(times === 1 ? String(step) : `${step}*${times}`);
  };
  for (const number of numbers) {
    const change = number - before;
    before = number;
    if (change === step) {
      times += 1;
      continue;
    }
    end();
    step = change;
    times = 1;
  }
  end();
  return parts.join(' ');
}

function values(text: string): readonly number[] {
  const numbers: number[] = [];
  let value = 0;
  for (const part of text.split(' ')) {
    const [step = '', times = '1'] = part.split('*');
    for (let at = 0; at < Number(times); at += 1) {
      value += Number(step);
      numbers.push(value);
    }
  }
  return numbers;
}
