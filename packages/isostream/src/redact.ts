const secretName = /password|secret|token|key$|^key|cert|connectionString|sasl\.username/i;

/** A config as it may be printed: passwords, tokens and keys are replaced, user names in addresses as well. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactUrl(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '***' : value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, secretName.test(name) ? '***' : redact(entry)]),
  );
}

/** An address without what stands before the `@`, and without secret parameters, its own or those of a connection string in it. */
export function redactUrl(text: string): string {
  return text
    .replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1***@')
    .replace(/([?&](?:password|secret|token)=)[^&#]*/gi, '$1***')
    .replace(/((?:Account|SharedAccess)(?:Key|Signature)(?:=|%3d))[^;&#]*/gi, '$1***');
}
