/** A text in the settings of a service, by its path. */
export function text(settings: unknown, ...path: readonly string[]): string {
  const found = path.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
    settings,
  );
  if (typeof found !== 'string') throw new Error(`the service has no ${path.join('.')}`);
  return found;
}

/** A list of texts in the settings of a service. */
export function texts(settings: unknown, name: string): string[] {
  const found: unknown = typeof settings === 'object' && settings !== null ? Reflect.get(settings, name) : undefined;
  if (!Array.isArray(found) || !found.every((each) => typeof each === 'string'))
    throw new Error(`the service has no ${name}`);
  return found;
}
