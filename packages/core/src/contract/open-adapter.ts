import { refused } from '../options/checks.ts';
import type { Adapter } from './adapter.ts';
import type { Adapter as OpaqueAdapter } from './opaque-adapter.ts';

const parts = ['name', 'capabilities', 'admin', 'createSink', 'createSource', 'openRange', 'connect', 'close'];

/** What applications hold as an adapter, with what is inside; the same object. Throws `invalid-config` for anything else. */
export function openAdapter<Given extends OpaqueAdapter>(adapter: Given): Given & Adapter {
  if (isOpen(adapter)) return adapter;
  throw refused('adapter', adapter, 'what createMemory() or another adapter returns', 'streams');
}

function isOpen<Given extends OpaqueAdapter>(adapter: Given): adapter is Given & Adapter {
  return typeof adapter === 'object' && adapter !== null && parts.every((part) => part in adapter);
}
