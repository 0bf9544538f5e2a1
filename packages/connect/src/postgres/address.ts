const scheme = /^(?:jdbc:)?postgres(?:ql)?:\/\//;

/** What is wrong with an address; `undefined` if nothing is. It is not shown: it may hold a password. */
export function addressProblem(url: string, property: string): string | undefined {
  // The clients of PostgreSQL take `user@/database`, which has no host, too.
  if (scheme.test(url) && URL.canParse(url.replace(/^jdbc:/, '').replace('@/', '@host/'))) return undefined;
  return `${property} is not the address of a PostgreSQL. Use postgres://host:5432/database`;
}

/** An address with this login in it: of what stands beside the address, `pg` takes nothing. */
export function withLogin(url: URL, user: string | undefined, password: string | undefined): string {
  const logins = [
    ['user', 'username', user],
    ['password', 'password', password],
  ] as const;
  for (const [name, part, value] of logins) {
    if (value === undefined) continue;
    if (url.searchParams.has(name)) url.searchParams.delete(name);
    // An address without a host, such as that of a socket, has no room for them in front of it.
    if (url.hostname === '') url.searchParams.set(name, value);
    else url[part] = encodeURIComponent(value);
  }
  return url.href;
}
