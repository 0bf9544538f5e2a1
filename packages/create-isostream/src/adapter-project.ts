import { ours } from './frameworks.ts';
import { json, resolved, templateFiles } from './project.ts';

/** The files of a new adapter, by their paths: one that works on a service in memory, which is to be replaced, and its tests. */
export function adapterFiles({ name }: { readonly name: string }): Readonly<Record<string, string>> {
  return {
    'package.json': json({
      name,
      version: '0.0.0',
      private: true,
      type: 'module',
      engines: { node: '>=20.19' },
      exports: { '.': { types: './dist/adapter.d.ts', default: './dist/adapter.js' } },
      scripts: {
        build: 'tsc',
        test: 'tsc && node --test dist/adapter.test.js',
        conformance: 'tsc && isostream conformance --harness ./dist/harness.js',
      },
      dependencies: resolved({ '@isostream/coordination': ours }),
      peerDependencies: resolved({ '@isostream/core': ours }),
      devDependencies: resolved({
        '@isostream/conformance': ours,
        '@isostream/core': ours,
        isostream: ours,
        '@types/node': '^20.19.0',
        typescript: '^7.0.2',
      }),
    }),
    'tsconfig.json': json({
      compilerOptions: {
        target: 'es2022',
        module: 'nodenext',
        types: ['node'],
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        rootDir: 'src',
        outDir: 'dist',
        declaration: true,
        sourceMap: true,
      },
      include: ['src'],
    }),
    'README.md': readme(name),
    '.gitignore': 'node_modules/\ndist/\n',
    ...Object.fromEntries(templateFiles('adapter')),
  };
}

function readme(name: string): string {
  return `# ${name}

An adapter for isostream. As it was written it works, on a service that lives in memory: \`src/service.ts\`. Replace that service by
yours, and run the suite after each step.

\`\`\`sh
npm install
npm test               # one scenario, a wrong version that it notices, the store of leases
npm run conformance    # the whole suite
npm run conformance -- --scenario no-loss
npm run conformance -- --mutants
\`\`\`

1. Rename \`example\`, \`Example\` and \`createExample\`.
2. \`src/capabilities.ts\`: declare what your service can do, and as absent what you have not built yet. The suite then expects a
   refusal in its place.
3. \`src/service.ts\`: put calls of your service's client in place of its methods, and its errors into \`src/errors.ts\`.
4. If the service has consumer groups of its own, replace \`src/source.ts\`, and what \`src/admin.ts\` says of groups; \`src/leases.ts\`
   goes then. If it has no table with conditional writes, keep the leases in a database beside it.
5. \`src/harness.ts\`: start your service there, and say how it can be broken (\`faults\`, \`worker\`): else the scenarios that break
   something are left out, and the report names them.

| file | holds |
| --- | --- |
| \`src/adapter.ts\` | the options, and what an application calls |
| \`src/sink.ts\` | lanes, and one request of a write |
| \`src/source.ts\`, \`src/leases.ts\` | one member of a group; where the positions are |
| \`src/cursor.ts\`, \`src/range.ts\` | reading a partition: for a group, and without one |
| \`src/admin.ts\` | topics and groups |
| \`src/harness.ts\`, \`src/adapter.test.ts\` | the suite |

What each part has to do: https://github.com/isostream/isostream/blob/main/docs/adapters.md
`;
}
