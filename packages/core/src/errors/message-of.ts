/**
 * The text of anything thrown: an error's message, else the value as text. Never throws, unlike `String`: anything can be
 * thrown, also what has no text, or a getter or a Proxy that throws in turn.
 */
export function messageOf(thrown: unknown): string {
  try {
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
      const { message } = thrown;
      if (typeof message === 'string') return message;
    }
    return String(thrown);
  } catch {
    return 'something was thrown that cannot be shown as text';
  }
}

/** Whether an object has this mark and reads as an error of ours; `false` for what cannot be asked. */
export function isMarked(value: unknown, mark: symbol): boolean {
  try {
    return typeof value === 'object' && value !== null && mark in value && 'message' in value
      ? typeof value.message === 'string'
      : false;
  } catch {
    return false;
  }
}
