import type { Timeline } from '@isostream/conformance';

const laneHeight = 16;
const maxLanes = 60;
const axisHeight = 22;
/** For the names of faults, below all lanes: bars would hide them. */
const namesHeight = 16;
/** What a label of the axis takes, with some room beside it. */
const labelWidth = 70;

/** How attempts ended, in the order of the report, then what members hold; the colours of each in light and dark. */
const endings = [
  ['settled', '#2da44e', '#3fb950'],
  ['failed, tried again', '#d4a72c', '#e3b341'],
  ['failed permanently', '#cf222e', '#ff6b63'],
  ['aborted', '#8250df', '#a98bf0'],
  ['no end', '#8c959f', '#6e7681'],
  ['partition held', '#54aeff', '#388bfd'],
  ['partition lost', '#bf3989', '#f778ba'],
] as const;

const heldColour = endings.findIndex(([name]) => name === 'partition held');
const lostColour = endings.findIndex(([name]) => name === 'partition lost');

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly says: string;
}

/** One line of the picture: what is drawn on it, from and to in milliseconds. */
interface Lane {
  readonly name: string;
  readonly isMember: boolean;
  readonly bars: readonly {
    readonly start: number;
    readonly end: number;
    readonly colour: number;
    readonly isMeant: boolean;
    readonly says: string;
  }[];
  readonly ticks: readonly { readonly at: number; readonly isBad: boolean; readonly says: string }[];
}

/** Draws a history: a lane for each key and each member, faults shaded, what a finding names marked. */
export function drawTimeline(into: HTMLElement, timeline: Timeline, findings: readonly string[]): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const meant = meantBy(timeline, findings);
  const filter = Object.assign(document.createElement('input'), {
    type: 'search',
    placeholder: 'filter keys',
    ariaLabel: 'filter keys',
  });
  const which = Object.assign(document.createElement('select'), { ariaLabel: 'lanes' });
  for (const name of meant.keys.size > 0 ? ['keys of the findings', 'all keys', 'members'] : ['all keys', 'members'])
    which.append(new Option(name, name));
  const reset = Object.assign(document.createElement('button'), { textContent: 'whole run' });
  const hint = Object.assign(document.createElement('span'), {
    className: 'faint',
    textContent: 'wheel or + − zooms, dragging or ← → moves',
  });
  const tools = Object.assign(document.createElement('div'), { className: 'tools' });
  tools.append(which, filter, reset, hint);
  const canvas = Object.assign(document.createElement('canvas'), { tabIndex: 0, ariaLabel: 'timeline of the run' });
  const tip = Object.assign(document.createElement('div'), { className: 'tip', hidden: true });
  const note = Object.assign(document.createElement('p'), { className: 'faint' });
  into.append(tools, canvas, legend(dark.matches), note, tip);

  let view = { from: 0, to: Math.max(1, timeline.ms) };
  let boxes: readonly Box[] = [];
  const draw = (): void => {
    const all =
      which.value === 'members' ? memberLanes(timeline, meant) : keyLanes(timeline, meant, which.value === 'all keys');
    const wanted = all.filter(({ name }) => name.includes(filter.value));
    const lanes = wanted.slice(0, maxLanes);
    const left = timeline.left > 0 ? `, ${timeline.left} later entries are not in this report` : '';
    const more = lanes.length < wanted.length ? ' (filter to see others)' : '';
    note.textContent = `${lanes.length} of ${wanted.length} lanes${more}; ${timeline.attempts.length} attempts, ${timeline.sends.length} sends${left}`;
    boxes = paint(canvas, timeline, lanes, view, dark.matches);
  };
  const zoom = (factor: number, at = (view.from + view.to) / 2): void => {
    const span = Math.min(timeline.ms, Math.max(1, (view.to - view.from) * factor));
    const share = (at - view.from) / (view.to - view.from);
    move(at - span * share, span);
  };
  const move = (from: number, span = view.to - view.from): void => {
    const start = Math.max(0, Math.min(from, timeline.ms - span));
    view = { from: start, to: start + span };
    requestAnimationFrame(draw);
  };
  const msAt = (x: number): number => {
    const gutter = gutterOf(canvas);
    return view.from + ((x - gutter) / (canvas.clientWidth - gutter)) * (view.to - view.from);
  };

  filter.addEventListener('input', draw);
  which.addEventListener('change', draw);
  reset.addEventListener('click', () => move(0, Math.max(1, timeline.ms)));
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, msAt(event.offsetX));
  });
  canvas.addEventListener('keydown', ({ key }) => {
    const span = view.to - view.from;
    if (key === '+') zoom(0.8);
    if (key === '-') zoom(1.25);
    if (key === 'ArrowLeft') move(view.from - span / 5);
    if (key === 'ArrowRight') move(view.from + span / 5);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons === 1)
      move(view.from - (event.movementX / (canvas.clientWidth - gutterOf(canvas))) * (view.to - view.from));
    const { offsetX: x, offsetY: y } = event;
    const under = boxes.findLast(
      (box) => x >= box.x - 2 && x <= box.x + box.width + 2 && y >= box.y && y <= box.y + box.height,
    );
    tip.hidden = under === undefined;
    tip.textContent = under?.says ?? '';
    tip.style.left = `${Math.min(event.clientX + 12, innerWidth - 370)}px`;
    tip.style.top = `${event.clientY + 14}px`;
  });
  canvas.addEventListener('pointerleave', () => (tip.hidden = true));
  dark.addEventListener('change', draw);
  new ResizeObserver(draw).observe(canvas);
}

/** Keys and events that a finding speaks of. */
function meantBy(
  { keys, ids, attempts, sends }: Timeline,
  findings: readonly string[],
): { readonly keys: ReadonlySet<number>; readonly ids: ReadonlySet<number> } {
  const text = findings.join('\n');
  // "k7: 3 after 4" speaks of the third event of the key k7.
  const numbered = [...text.matchAll(/(\S+): (\d+)/g)].map(([, key, seq]) => `${key}#${seq}`);
  const spoken = new Set([...text.split(/[\s,:;"()/]+/), ...numbered]);
  const among = (names: readonly string[]): ReadonlySet<number> =>
    new Set(names.flatMap((name, index) => (spoken.has(name) ? [index] : [])));
  const own = among(ids);
  // Whoever names an event speaks of its key as well.
  const keysOfEvents = [...attempts, ...sends].flatMap(([, , key, id]) => (own.has(id) ? [key] : []));
  return { keys: new Set([...among(keys), ...keysOfEvents]), ids: own };
}

type Meant = ReturnType<typeof meantBy>;

function keyLanes(timeline: Timeline, meant: Meant, isAll: boolean): readonly Lane[] {
  const { keys, ids, members, attempts, sends, letters } = timeline;
  const keyOf = new Map(sends.map(([, , key, id]) => [id, key]));
  return keys.flatMap((name, key) => {
    if (!isAll && meant.keys.size > 0 && !meant.keys.has(key)) return [];
    const own = attempts.filter((row) => row[2] === key);
    const bars = own.map(([start, end, , id, member, attempt, ending]) => ({
      start,
      end,
      colour: ending,
      isMeant: meant.ids.has(id),
      says: `${ids[id]}, attempt ${attempt}: ${endings[ending]?.[0]}\n${members[member]}, ${start} to ${end} ms`,
    }));
    const ticks = [
      ...sends
        .filter((row) => row[2] === key)
        .map(([start, end, , id, failed]) => ({
          at: start,
          isBad: failed === 1,
          says: `${ids[id]} sent at ${start} ms, ${end === null ? 'never answered' : failed === 1 ? `failed at ${end} ms` : `stored at ${end} ms`}`,
        })),
      ...letters
        .filter(([, id]) => keyOf.get(id) === key)
        .map(([at, id, code]) => ({ at, isBad: true, says: `${ids[id]} dead-lettered at ${at} ms: ${code}` })),
    ];
    return [{ name, isMember: false, bars, ticks }];
  });
}

function memberLanes({ members, attempts, holds, commits, ids, keys }: Timeline, meant: Meant): readonly Lane[] {
  return members.flatMap((name, member) => {
    const partitions = [...new Set(holds.filter((row) => row[2] === member).map((row) => row[3]))].toSorted(
      (one, other) => one.localeCompare(other, 'en', { numeric: true }),
    );
    const held = partitions.map((partition): Lane => ({
      name: `${name} / ${partition}`,
      isMember: true,
      bars: holds
        .filter((row) => row[2] === member && row[3] === partition)
        .map(([start, end, , , isLost]) => ({
          start,
          end,
          colour: isLost === 1 ? lostColour : heldColour,
          isMeant: false,
          says: `${partition} ${isLost === 1 ? 'lost' : 'held'}, ${start} to ${end} ms`,
        })),
      ticks: commits
        .filter((row) => row[1] === member && row[2] === partition)
        .map(([at, , , position, failed]) => ({
          at,
          isBad: failed === 1,
          says: `commit of ${position} at ${at} ms${failed === 1 ? ' failed' : ''}`,
        })),
    }));
    const work: Lane = {
      name,
      isMember: true,
      bars: attempts
        .filter((row) => row[4] === member)
        .map(([start, end, key, id, , attempt, ending]) => ({
          start,
          end,
          colour: ending,
          isMeant: meant.ids.has(id),
          says: `${ids[id]} of ${keys[key]}, attempt ${attempt}: ${endings[ending]?.[0]}\n${start} to ${end} ms`,
        })),
      ticks: [],
    };
    return [work, ...held];
  });
}

function paint(
  canvas: HTMLCanvasElement,
  { faults, marks }: Timeline,
  lanes: readonly Lane[],
  view: { readonly from: number; readonly to: number },
  isDark: boolean,
): readonly Box[] {
  const width = canvas.clientWidth;
  const gutter = gutterOf(canvas);
  const height = axisHeight + Math.max(1, lanes.length) * laneHeight + (faults.length > 0 ? namesHeight : 4);
  const ratio = devicePixelRatio;
  if (canvas.style.height !== `${height}px`) canvas.style.height = `${height}px`;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  if (context === null) return [];
  context.scale(ratio, ratio);
  context.font = '12px system-ui, sans-serif';
  const [text, faint, line, shade, bad] = isDark
    ? ['#e4e8ee', '#97a2b0', '#333b46', '#ff6b6326', '#ff6b63']
    : ['#1a1f27', '#5b6572', '#d9dde3', '#c6282818', '#c62828'];
  const boxes: Box[] = [];
  const x = (ms: number): number => gutter + ((ms - view.from) / (view.to - view.from)) * (width - gutter);
  const isSeen = (start: number, end: number): boolean => end >= view.from && start <= view.to;

  context.save();
  context.beginPath();
  context.rect(gutter, 0, width - gutter, height);
  context.clip();
  for (const [start, end, name] of faults) {
    context.fillStyle = shade;
    context.fillRect(x(start), axisHeight, Math.max(2, x(end) - x(start)), height);
    context.fillStyle = bad;
    context.fillText(name, Math.max(gutter + 2, x(start) + 2), height - 4);
    boxes.push({
      x: x(start),
      y: axisHeight,
      width: x(end) - x(start),
      height,
      says: `fault "${name}", ${start} to ${end} ms`,
    });
  }
  const step = niceStep((view.to - view.from) / Math.max(1, (width - gutter) / labelWidth));
  for (let ms = Math.ceil(view.from / step) * step; ms <= view.to; ms += step) {
    context.fillStyle = line;
    context.fillRect(x(ms), axisHeight - 4, 1, height);
    context.fillStyle = faint;
    context.fillText(step < 1_000 ? `${ms} ms` : `${ms / 1_000} s`, x(ms) + 3, 14);
  }
  for (const [at, name] of marks) {
    context.fillStyle = faint;
    context.fillRect(x(at), axisHeight, 1, height);
    boxes.push({ x: x(at), y: axisHeight, width: 1, height, says: `${name} at ${at} ms` });
  }
  for (const [index, lane] of lanes.entries()) {
    const y = axisHeight + index * laneHeight;
    for (const { start, end, colour, isMeant, says } of lane.bars) {
      if (!isSeen(start, end)) continue;
      const box = { x: x(start), y: y + 3, width: Math.max(1.5, x(end) - x(start)), height: laneHeight - 6, says };
      context.fillStyle = endings[colour]?.[isDark ? 2 : 1] ?? faint;
      context.fillRect(box.x, box.y, box.width, box.height);
      if (isMeant) {
        context.strokeStyle = bad;
        context.lineWidth = 2;
        context.strokeRect(box.x - 2, box.y - 2, box.width + 4, box.height + 4);
      }
      boxes.push(box);
    }
    for (const { at, isBad, says } of lane.ticks) {
      if (!isSeen(at, at)) continue;
      context.fillStyle = isBad ? bad : faint;
      context.fillRect(x(at), y + 1, 1, isBad ? laneHeight - 2 : 4);
      boxes.push({ x: x(at), y, width: 1, height: laneHeight, says });
    }
  }
  context.restore();
  context.fillStyle = text;
  const most = Math.floor(gutter / 7);
  for (const [index, { name }] of lanes.entries())
    context.fillText(name.length > most ? `…${name.slice(1 - most)}` : name, 4, axisHeight + index * laneHeight + 12);
  return boxes;
}

/** Room for the names of lanes; on a phone there is little. */
function gutterOf({ clientWidth }: HTMLCanvasElement): number {
  return clientWidth < 600 ? 84 : 150;
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(0.1, least)));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least) ?? power * 10;
}

function legend(isDark: boolean): HTMLElement {
  const made = Object.assign(document.createElement('div'), { className: 'legend' });
  for (const [name, light, dark] of endings) {
    const swatch = Object.assign(document.createElement('span'), { className: 'swatch' });
    swatch.style.background = isDark ? dark : light;
    const entry = document.createElement('span');
    entry.append(swatch, name);
    made.append(entry);
  }
  const rest =
    'thin marks: sends and commits, red where they failed; shaded: something is broken; framed: named by a finding';
  made.append(Object.assign(document.createElement('span'), { textContent: rest }));
  return made;
}
