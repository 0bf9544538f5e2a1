// Installs the packages as they would be published into an empty project, as a stranger would, and tries them there.
// `--quick` keeps to memory, this Node and the compiler of the repository; `--url kafka://…` takes that broker in place of one that it starts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokers } from './packages/broker.js';
import { bundles } from './packages/bundles.js';
import { budgets } from './packages/budgets.js';
import { compilers } from './packages/compilers.js';
import { installAll, installOnly } from './packages/install.js';
import { nest } from './packages/nest.js';
import { pack } from './packages/pack.js';
import { programs } from './packages/programs.js';
import { templates } from './packages/templates.js';
import { traces } from './packages/traces.js';

const isQuick = process.argv.includes('--quick');
const url = process.argv.includes('--url') ? process.argv[process.argv.indexOf('--url') + 1] : undefined;
// An address of the person who runs this is not to be tested.
delete process.env.ISOSTREAM_URL;
delete process.env.ISOSTREAM_PROVIDER;
delete process.env.ISOSTREAM_CONFIG;

const folder = await mkdtemp(join(tmpdir(), 'isostream-packages-'));
let [passed, failed] = [0, 0];
let stop = async () => undefined;

/** Tries one thing, and says how it went. */
async function check(name, work) {
  try {
    const detail = await work();
    passed++;
    console.log(`✓ ${name}${detail === undefined ? '' : `: ${detail}`}`);
  } catch (error) {
    failed++;
    console.log(`✗ ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

try {
  const packed = await pack(join(folder, 'packed'), check);
  const alone = await installOnly(join(folder, 'alone'), packed, check);
  const all = await installAll(join(folder, 'all'), packed);
  await budgets({ packed, project: alone, check });
  await traces({ project: all, packed, check });
  const broker = await brokers({ url, isQuick, check });
  stop = broker.stop;
  await programs({ project: all, folder, isQuick, urls: broker.urls, check });
  await templates({ project: all, folder, packed, isQuick, urls: broker.urls, check });
  await nest({ folder, packed, isQuick, check });
  await compilers({ project: all, folder, isQuick, check });
  await bundles({ project: alone, all, folder, isQuick, check });
} catch (error) {
  failed++;
  console.log(`✗ ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await stop();
  await rm(folder, { recursive: true, force: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
