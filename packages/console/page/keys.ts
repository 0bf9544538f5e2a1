import { to } from './route.ts';

/** What keys do, for the list that `?` shows. */
export const keyList: readonly (readonly [keys: string, does: string])[] = [
  ['g n', 'what is wrong now'],
  ['g t', 'topics'],
  ['g g', 'groups'],
  ['g d', 'dead letters'],
  ['g j', 'jobs'],
  ['g a', 'about'],
  ['/', 'the first filter of the page'],
  ['j k', 'next and previous row'],
  ['Enter', 'open the row'],
  ['Esc', 'back'],
  ['p', 'pause what is live, or go on'],
  ['.', 'show what is new'],
  ['y', 'copy the address of this page'],
  ['c', 'copy the command that does the same'],
  ['?', 'this list'],
];

const pages: Readonly<Record<string, string>> = {
  n: 'now',
  t: 'topics',
  g: 'groups',
  d: 'letters',
  j: 'jobs',
  a: 'about',
};

/** Listens to keys until the returned function is called. Where somebody types they are text. */
export function listenToKeys(help: () => void): () => void {
  let isAfterG = false;
  const press = (event: KeyboardEvent): void => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || sessionStorage.getItem('isostream-keys') === 'off') return;
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if (key === 'Escape' && isTyping && !isInDialog()) return target.blur();
    if (isTyping || (isInDialog() && key !== 'c')) return;
    const page = isAfterG ? pages[key] : undefined;
    isAfterG = key === 'g' && page === undefined;
    if (page !== undefined) location.hash = to([page]);
    else if (!act(key, help)) return;
    event.preventDefault();
  };
  addEventListener('keydown', press);
  return () => removeEventListener('keydown', press);
}

function act(key: string, help: () => void): boolean {
  switch (key) {
    case '/':
      return focus('[data-filter]');
    case 'j':
      return move(1);
    case 'k':
      return move(-1);
    case 'Escape':
      history.back();
      return true;
    case 'p':
      return click('[data-pause]');
    case '.':
      return click('[data-new]');
    case 'y':
      void navigator.clipboard.writeText(location.href);
      return true;
    case 'c':
      return copy();
    case '?':
      help();
      return true;
    default:
      return false;
  }
}

function isInDialog(): boolean {
  return document.querySelector('dialog[open]') !== null;
}

function focus(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector);
  found?.focus();
  return found !== null;
}

function click(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector);
  found?.click();
  return found !== null;
}

function copy(): boolean {
  const text = document.querySelector('[data-command]')?.textContent ?? undefined;
  if (text !== undefined) void navigator.clipboard.writeText(text);
  return text !== undefined;
}

/** The link of the row before or behind the one that has the focus. */
function move(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('tr[data-row]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
  if (row === undefined) return false;
  const target = row.querySelector<HTMLElement>('a, input') ?? row;
  if (target === row) row.tabIndex = -1;
  target.focus();
  return true;
}
