import { describe, expect, it } from 'vitest';
import { refuse } from '../src/gate.ts';

const token = 'a'.repeat(43);
const right = { host: '127.0.0.1:7', authorization: `Bearer ${token}` };
const status = (headers: Readonly<Record<string, string | undefined>>, method = 'GET', path = '/api/about') =>
  refuse({ method, path, headers }, 7, token)?.status;

describe('a request to the console', () => {
  it.each(['127.0.0.1:7', 'localhost:7', '[::1]:7'])('is let in at %s, with the token', (host) => {
    expect(status({ ...right, host })).toBeUndefined();
    expect(status({ ...right, host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(status({ ...right, host, 'content-type': 'application/json' }, 'POST', '/api/run')).toBeUndefined();
    expect(status({ host, 'sec-fetch-site': 'none' }, 'GET', '/')).toBeUndefined();
  });

  it.each([
    ['of another name that was pointed here', { host: 'evil.test:7' }, 403],
    ['of a name that begins as ours', { host: '127.0.0.1:7.evil.test' }, 403],
    ['of another port', { host: '127.0.0.1:8' }, 403],
    ['without a host', { host: undefined }, 403],
    ['of another origin', { origin: 'http://evil.test' }, 403],
    ['of another port of this machine', { origin: 'http://127.0.0.1:8', 'sec-fetch-site': 'same-site' }, 403],
    ['of a sandboxed page', { origin: 'null' }, 403],
    ['of another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['that somebody navigates to', { 'sec-fetch-site': 'none' }, 403],
    ['without the token', { authorization: undefined }, 401],
    ['with the token of another start', { authorization: `Bearer ${'b'.repeat(43)}` }, 401],
    ['with a part of the token', { authorization: `Bearer ${token.slice(1)}` }, 401],
  ])('is refused: one %s', (_, headers, expected) => {
    expect(status({ ...right, ...headers })).toBe(expected);
  });

  it('changes nothing by GET, and is JSON', () => {
    expect(status({ ...right, 'content-type': 'text/plain' }, 'POST', '/api/run')).toBe(415);
    expect(status(right, 'PUT')).toBe(405);
    expect(status(right, 'OPTIONS')).toBe(405);
    expect(status(right, 'POST', '/')).toBe(405);
  });
});
