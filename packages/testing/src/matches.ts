/** Any part of a value; a regular expression where text is, or an asymmetric matcher such as `expect.any(Number)`, anywhere. */
type Part<Value> = Value extends string
  ? Value | RegExp
  : Value extends Date | Uint8Array
    ? Value
    : Value extends readonly (infer Item)[]
      ? readonly Part<Item>[]
      : Value extends object
        ? { readonly [Name in keyof Value]?: Part<Value[Name]> }
        : Value;

/** What is looked for: those parts of it that matter, or a function that says whether this is it. */
export type Expected<Value> = Part<Value> | ((value: Value) => boolean);

/** Whether all that is expected is there. What is not expected may be there too, in objects; arrays are compared whole. */
export function matches(actual: unknown, expected: unknown): boolean {
  if (isPredicate(expected)) return expected(actual) === true;
  if (isAsymmetric(expected)) return expected.asymmetricMatch(actual);
  // Its flags may have it go on where it stopped; each text is looked at from its start.
  if (expected instanceof RegExp) return typeof actual === 'string' && new RegExp(expected).exec(actual) !== null;
  if (expected instanceof Date) return actual instanceof Date && actual.getTime() === expected.getTime();
  if (ArrayBuffer.isView(expected) || Array.isArray(expected)) return areAlike(actual, expected);
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected);
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(expected).every(([name, part]) => matches(Reflect.get(actual, name), part));
}

function areAlike(actual: unknown, expected: unknown): boolean {
  const [one, other] = [actual, expected].map((list) =>
    list instanceof Uint8Array ? [...list] : Array.isArray(list) ? (list as readonly unknown[]) : undefined,
  );
  if (one === undefined || other === undefined || one.length !== other.length) return false;
  return other.every((part, index) => matches(one[index], part));
}

function isAsymmetric(value: unknown): value is { asymmetricMatch(actual: unknown): boolean } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'asymmetricMatch' in value &&
    typeof value.asymmetricMatch === 'function'
  );
}

function isPredicate(value: unknown): value is (actual: unknown) => unknown {
  return typeof value === 'function';
}
