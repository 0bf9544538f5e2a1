import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const workflows = readdirSync(join(root, '.github/workflows')).map((name) => ({
  name,
  text: readFileSync(join(root, '.github/workflows', name), 'utf8'),
}));

describe.each(workflows)('the workflow $name', ({ text }) => {
  it('takes actions by the digest of a commit, with the version beside it', () => {
    const uses = [...text.matchAll(/uses:\s*(.+)$/gm)].map(([, action = '']) => action);
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((action) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+(?:\.\d+){2}$/.test(action))).toEqual([]);
  });

  it('may read the repository, and write nothing but a token that says where it runs', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
    const granted = [...text.matchAll(/^\s+([a-z-]+): write$/gm)].map(([, name]) => name);
    expect(granted.filter((name) => name !== 'id-token')).toEqual([]);
    expect(text).not.toMatch(/permissions:\s*write-all|pull_request_target/);
  });

  it('leaves no token of GitHub in the checkout', () => {
    expect(text.match(/persist-credentials: false/g)?.length).toBe(text.match(/actions\/checkout@/g)?.length);
  });
});

it('every provider of the suite has a job of its own', () => {
  const steps = readFileSync(join(root, 'scripts/test.js'), 'utf8');
  const providers = [...steps.matchAll(/(?:conformanceOn|onBroker)\(\s*'([a-z-]+)'/g)].map(([, name = '']) => name);
  expect(providers.length).toBeGreaterThanOrEqual(8);
  const ci = workflows.find(({ name }) => name === 'ci.yml')?.text ?? '';
  expect(providers.filter((name) => !new RegExp(`^ +${name},$`, 'm').test(ci))).toEqual([]);
});

describe('a release', () => {
  it('says where its packages come from', () => {
    const release = workflows.find(({ name }) => name === 'release.yml')?.text ?? '';
    expect(release).toMatch(/NPM_CONFIG_PROVENANCE: 'true'/);
    expect(release).toMatch(/id-token: write/);
    expect(release.indexOf('npm test -- --install')).toBeLessThan(release.indexOf('changeset publish'));
  });

  it.each(
    [
      ...['packages', 'adapters'].flatMap((folder) =>
        readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
      ),
      'conformance-tests',
    ]
      .map((folder) => ({
        folder,
        manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<string, unknown>,
      }))
      .filter(({ manifest }) => manifest['private'] !== true),
  )('has a repository in $folder', ({ folder, manifest }) => {
    expect(manifest['repository']).toEqual({
      type: 'git',
      url: 'git+https://github.com/isostream/isostream.git',
      directory: folder,
    });
  });

  it('comes with a way to report a weakness', () => {
    expect(existsSync(join(root, 'SECURITY.md'))).toBe(true);
  });
});

describe('continuous integration', () => {
  it('runs the command of the README', () => {
    const [, command = ''] = /## Test it\n\n```sh\n(.*)\n```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
    const [install = '', test = ''] = command.split(' && ');
    expect([install, test]).toEqual(['npm ci', 'npm test -- --install']);
    const ci = readFileSync(join(root, '.ci/run'), 'utf8');
    expect(ci).toMatch(/^export CI=true$/m);
    expect(ci).toContain(test);
    expect(workflows.find(({ name }) => name === 'ci.yml')?.text).toContain(`run: ${test}`);
  });
});
