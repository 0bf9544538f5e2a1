import fc from 'fast-check';

/** Text that survives UTF-8. */
export const text: fc.Arbitrary<string> = fc.string({ unit: 'binary', maxLength: 40 });

/** Header names that every provider carries. */
const headerName: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 20,
    }),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'Trace-Id', 'trace-id', 'content-typed', 'c', '0'),
  )
  .filter((name) => !/^(?:ce[_-]|cloudevents|goog|isostream-|content-type$)/i.test(name));

/** Headers as an application gives them; `__proto__` is a name as any other. */
export const headers: fc.Arbitrary<Record<string, string>> = fc
  .uniqueArray(fc.tuple(headerName, text), { selector: ([name]) => name, maxLength: 8 })
  .map((entries) => Object.fromEntries(entries));

export const key: fc.Arbitrary<string> = fc.oneof(
  text,
  fc.constantFrom('', ' ', '\u0000', 'ü', '☺', '\ufeff', '\u2028'),
);

/** Values that JSON gives back as they were: no `undefined`, no -0. */
export const json: fc.Arbitrary<unknown> = fc
  .jsonValue({ maxDepth: 3 })
  .map((value): unknown => JSON.parse(JSON.stringify(value)));

export const bytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 300 });
