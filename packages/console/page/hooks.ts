import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, get } from './api.ts';

/** What was found, what went wrong last, and a way to ask again. */
export interface Found<T> {
  readonly value: T | undefined;
  readonly error: string | undefined;
  /** Somebody asked again, and what is shown is from before. */
  readonly isAsking: boolean;
  readonly again: () => void;
}

/** Asks once, and again after each answer where `everyMs` is given; never while the page is hidden. What was found stays if a later try fails, unless it is gone. */
export function useData<T>(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  everyMs?: number,
): Found<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<string>();
  const [turn, setTurn] = useState(0);
  const [answered, setAnswered] = useState(0);
  const name = JSON.stringify([path, query]);
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      if (document.hidden) {
        document.addEventListener('visibilitychange', () => void look(), { once: true, signal: ended.signal });
        return;
      }
      try {
        const found = await get<T>(path, query, ended.signal);
        if (ended.signal.aborted) return;
        setValue(() => found);
        setError(undefined);
      } catch (thrown) {
        if (ended.signal.aborted) return;
        // Figures of what was deleted would look as if it were there.
        if (thrown instanceof Failure && thrown.status === 404) setValue(undefined);
        setError(thrown instanceof Failure ? thrown.message : String(thrown));
      }
      setAnswered(turn);
      if (everyMs !== undefined) timer = setTimeout(() => void look(), everyMs);
    };
    void look();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [name, everyMs, turn]);
  // What was asked for another name is not shown under this one.
  const shown = useRef(name);
  useEffect(() => {
    if (shown.current === name) return;
    shown.current = name;
    setValue(undefined);
    setError(undefined);
  }, [name]);
  return {
    value: shown.current === name ? value : undefined,
    error,
    isAsking: answered !== turn,
    again: () => setTurn((count) => count + 1),
  };
}

/** Rows keep their places while their figures change; what is new comes behind them, until somebody asks to sort again. */
export function useStableOrder<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): { rows: readonly T[]; isSorted: boolean; sort: () => void } {
  const order = useRef<readonly string[]>([]);
  const [, draw] = useState(0);
  const byName = new Map(items.map((item) => [nameOf(item), item]));
  const sorted = [...byName.keys()];
  const kept = order.current.filter((name) => byName.has(name));
  const known = new Set(kept);
  const names = [...kept, ...sorted.filter((name) => !known.has(name))];
  order.current = names;
  return {
    rows: names.flatMap((name) => {
      const item = byName.get(name);
      return item === undefined ? [] : [item];
    }),
    isSorted: names.every((name, index) => name === sorted[index]),
    sort: () => {
      order.current = sorted;
      draw((count) => count + 1);
    },
  };
}
