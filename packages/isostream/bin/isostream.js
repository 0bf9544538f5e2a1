#!/usr/bin/env node
// The command comes with the library, from a package of its own that nobody loads who only imports `isostream`.
await import(new URL('bin/isostream.js', import.meta.resolve('@isostream/cli/package.json')).href);
