import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const script = new URL('../scripts/install.js', import.meta.url).pathname;

/** A machine on which only these programs are; each notes how it was called, and does what its script says. */
function machine(programs: Readonly<Record<string, string>>): {
  readonly run: () => { readonly said: string; readonly calls: readonly string[]; readonly status: number | null };
} {
  const root = mkdtempSync(join(tmpdir(), 'isostream-install-'));
  const bin = join(root, 'bin');
  mkdirSync(bin);
  writeFileSync(join(root, 'calls'), '');
  for (const name of ['sh', 'touch', 'mkdir', 'env', 'cat'])
    symlinkSync(spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim(), join(bin, name));
  for (const [name, content] of Object.entries(programs)) {
    const file = join(bin, name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> "${root}/calls"\nROOT="${root}"\n${content}\n`);
    chmodSync(file, 0o755);
  }
  return {
    run() {
      const { stdout, stderr, status } = spawnSync(process.execPath, [script], {
        encoding: 'utf8',
        env: {
          PATH: bin,
          HOME: root,
          ISOSTREAM_CACHE: root,
          ISOSTREAM_PUBSUB_JAR: join(root, 'missing.jar'),
          TMPDIR: root,
        },
      });
      return {
        said: `${stdout}${stderr}`,
        status,
        calls: readFileSync(join(root, 'calls'), 'utf8').split(delimiter === ';' ? '\r\n' : '\n'),
      };
    },
  };
}

const java = 'echo \'openjdk version "17.0.9"\' >&2';
/** Installing a package puts its program there. */
const apt = `
for last; do :; done
case "$1 $last" in
  "install maven") printf '#!/bin/sh\\nexit 0\\n' > "$ROOT/bin/mvn"; chmod() { :; }; /bin/chmod 755 "$ROOT/bin/mvn" ;;
esac`;
const policy = 'echo "  Candidate: 1.0"';
const asUser = process.getuid?.() === 0 ? '' : 'shift; exec "$@"';

describe('npm test -- --install', () => {
  it('installs what is missing with apt, and says each thing', () => {
    const { run } = machine({ java, openssl: '', 'apt-get': apt, 'apt-cache': policy, sudo: asUser });
    const { said, calls, status } = run();
    expect(said).toContain(
      'installing Maven, which downloads Apache Kafka, Apicurio Registry and OpenSearch once: apt-get install maven',
    );
    expect(said).toContain('installing Google’s Pub/Sub emulator: apt-get install google-cloud-cli-pubsub-emulator');
    expect(said).not.toMatch(/installing (?:Java|openssl)/);
    expect(calls.filter((call) => call.includes(' install ')).join('\n')).toMatch(
      /apt-get install -y -qq --no-install-recommends maven/,
    );
    // The emulator is not there after its package was installed: that is said, and is no success.
    expect(said).toContain('it is still missing: Google’s Pub/Sub emulator');
    expect(said).not.toContain('still missing: Maven');
    expect(status).toBe(1);
  });

  it('takes another Java where apt has no 17', () => {
    const other = 'case "$2" in openjdk-17*) echo "  Candidate: (none)" ;; *) echo "  Candidate: 1.0" ;; esac';
    const { said } = machine({ mvn: '', openssl: '', 'apt-get': '', 'apt-cache': other, sudo: asUser }).run();
    expect(said).toMatch(/installing Java 17 or newer.*: apt-get install openjdk-21-jre-headless/);
  });

  it('installs with Homebrew where there is no apt', () => {
    const { said, calls } = machine({ java, openssl: '', mvn: '', brew: 'echo /opt/x', gcloud: '' }).run();
    expect(said).toContain('installing Google’s Pub/Sub emulator: brew install --cask gcloud-cli');
    expect(calls).toContain('gcloud components install --quiet pubsub-emulator');
  });

  it('says what is missing where nothing can install it', () => {
    const { said, status } = machine({ java, openssl: '' }).run();
    expect(said).toMatch(/there is neither apt-get nor brew\. Missing: Maven/);
    expect(status).toBe(1);
  });
});
