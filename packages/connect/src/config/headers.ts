import { ConfigError } from './definition.ts';

/**
 * Headers that a request can have. Throws {@link ConfigError} that shows no value, which may be a secret: what `fetch` throws
 * shows it, with each request.
 */
export function sendable(headers: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw new ConfigError('headers has a name with a character that no header can have. Use name:value');
    try {
      void new Headers([[name, value]]);
    } catch {
      throw new ConfigError(`the header ${name} has a character that no header can have. Encode its value`);
    }
  }
  return headers;
}
