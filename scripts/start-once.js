// Starts a broker or another server of the tests, and stops it. Exit code 3: it cannot be started on this machine.
import { spawnSync } from 'node:child_process';
import { BrokerUnavailable, startBroker } from '../packages/emulators/dist/index.js';

const browsers = [process.env['ISOSTREAM_CHROMIUM'] ?? 'chromium', 'chromium-browser', 'google-chrome'];

try {
  const [, , name = ''] = process.argv;
  if (name === 'chromium') {
    if (!browsers.some((browser) => spawnSync(browser, ['--version']).status === 0))
      throw new BrokerUnavailable('Chromium', 'it is not installed');
  } else if (name === 'shells') {
    for (const shell of ['zsh', 'fish'])
      if (spawnSync(shell, ['--version']).status !== 0) throw new BrokerUnavailable(shell, 'it is not installed');
  } else {
    const started = await startBroker(name, { progress: (text) => console.log(text) });
    await started.stop();
    console.log(`${started.description}: starts and stops`);
  }
} catch (error) {
  if (!(error instanceof BrokerUnavailable)) throw error;
  console.log(error.message);
  process.exitCode = 3;
}
