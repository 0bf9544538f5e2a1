import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isostreamWith } from './support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'isostream-completion-'));
beforeAll(() => {
  mkdirSync(join(folder, 'zfunc'));
  writeFileSync(join(folder, 'zfunc/_isostream'), isostreamWith({}, 'completion', 'zsh').stdout);
  writeFileSync(join(folder, 'isostream.fish'), isostreamWith({}, 'completion', 'fish').stdout);
  writeFileSync(join(folder, 'isostream.json'), '{}');
});

/** The first completion of a shell that found the script in its fpath. What zsh itself does with words is left out. */
function inZsh(line: string): readonly string[] {
  const script = `
    compadd() { shift; (( $# )) && print -rl -- "$@" }
    _files() { print files }
    fpath=(${folder}/zfunc) && autoload -Uz _isostream
    words=("$@") CURRENT=$#
    _isostream`;
  return said('zsh', ['-f', '-c', script, 'zsh', ...line.split(' ')]);
}

function inFish(line: string): readonly string[] {
  const script = `cd ${folder}; source isostream.fish; complete -C '${line}'`;
  return said('fish', ['--no-config', '-c', script]);
}

function said(command: string, args: readonly string[]): readonly string[] {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return `${stderr}${stdout}`.trim().split('\n');
}

describe.each([
  ['zsh', inZsh],
  ['fish', inFish],
])('%s', (shell, complete) => {
  it('completes commands, the options of a command, and their choices', () => {
    expect(complete('isostream ')).toEqual(expect.arrayContaining(['groups', 'delete-group', 'dlq']));
    expect(complete('isostream dlq ')).toEqual(expect.arrayContaining(['list', 'redrive']));
    expect(complete('isostream conformance --mode ').toSorted()).toEqual(['auto', 'docker', 'native']);
    const starts = complete('isostream broker start ');
    expect([starts.includes('kinesis'), starts.includes('start')]).toEqual([true, false]);
  });

  it('is not misled by names of topics and groups that are commands', () => {
    const options = complete('isostream lag topic --group tail --');
    expect([options.includes('--watch'), options.includes('--format')]).toEqual([true, false]);
  });

  it('completes files where a value is not known', () => {
    expect(complete('isostream groups --config ')).toContain(shell === 'zsh' ? 'files' : 'isostream.json');
  });
});
