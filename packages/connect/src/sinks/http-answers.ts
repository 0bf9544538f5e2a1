/** What an endpoint says of one record of a batch. */
export interface ItemAnswer {
  readonly status: number;
  readonly error?: string;
}

/**
 * The answers to each record of a batch, in its order: a list, or the first list in an object (`items`, `results`), as long as the batch,
 * whose entries have a `status`. `undefined` for any other answer.
 */
export function itemAnswers(text: string, count: number): readonly ItemAnswer[] | undefined {
  const list = listIn(parsed(text));
  if (list?.length !== count) return undefined;
  const answers = list.map(answerOf);
  return answers.every((answer) => answer !== undefined) ? answers : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listIn(value: unknown): readonly unknown[] | undefined {
  if (isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.values(value).find(isArray) : undefined;
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function answerOf(entry: unknown): ItemAnswer | undefined {
  if (typeof entry !== 'object' || entry === null || !('status' in entry)) return undefined;
  const status = Number(entry.status);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  const error = 'error' in entry ? entry.error : 'message' in entry ? entry.message : undefined;
  return error === undefined
    ? { status }
    : { status, error: typeof error === 'string' ? error : JSON.stringify(error) };
}
