/** Keeps the process running as a connection to a service does. Returns what lets it go. */
export function holdProcess(): () => void {
  const timer = setInterval(() => undefined, 2 ** 31 - 1);
  return () => clearInterval(timer);
}
