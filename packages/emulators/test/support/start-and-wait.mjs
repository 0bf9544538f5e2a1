// A process that starts a broker, says so, and never ends it.
import { startEventHubs } from '../../dist/index.js';

await startEventHubs();
console.log('up');
setInterval(() => undefined, 1_000);
