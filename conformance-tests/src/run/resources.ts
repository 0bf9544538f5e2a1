/** What keeps this process alive: timers, sockets and the like, one line each. */
export function activeResources(): readonly string[] {
  return process.getActiveResourcesInfo();
}

/** What there is more of than before. */
export function moreThan(now: readonly string[], before: readonly string[]): readonly string[] {
  const rest = [...before];
  return now.filter((kind) => {
    const index = rest.indexOf(kind);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}
