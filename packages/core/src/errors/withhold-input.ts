/** Chains of causes are short; a longer one goes round in a circle. */
const deepest = 10;

/**
 * Takes out of an error of Node, and of its causes, what it was given word for word. A URL that cannot be parsed and an argument
 * of the wrong type are kept there, and where that was an address or an option it holds a password. What was wrong with it stays.
 */
export function withholdInput(error: unknown): unknown {
  try {
    withhold(error, 0);
  } catch {
    // Anything can be thrown, also what cannot be read: then it holds nothing of Node's.
  }
  return error;
}

function withhold(error: unknown, depth: number): void {
  if (!(error instanceof Error) || depth > deepest || Object.isFrozen(error)) return;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_INVALID_URL') {
    for (const name of ['input', 'base']) Reflect.deleteProperty(error, name);
  } else if (typeof code === 'string' && code.startsWith('ERR_INVALID_ARG')) {
    const message = error.message.replace(/\.? Received[\s\S]*$/, '');
    // The stack begins with the message.
    error.stack = error.stack?.replace(error.message, () => message) ?? '';
    error.message = message;
  }
  withhold(error.cause, depth + 1);
}
