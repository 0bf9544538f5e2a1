import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { isostreamWith } from './support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'isostream-cost-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whatever credentials there are on this machine are not for these tests. */
const nobody = {
  HOME: folder,
  AWS_PROFILE: undefined,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_EC2_METADATA_DISABLED: 'true',
};

it('says before it connects what a run at a cloud makes, and what that bills for', () => {
  const { stderr } = isostreamWith(nobody, 'conformance', '--url', 'kinesis://eu-west-1', '--scenario', 'fidelity/');
  expect(stderr).toMatch(/^cost: \d+ scenarios, .*AWS bills shard hours.*\npreflight: /);
});
