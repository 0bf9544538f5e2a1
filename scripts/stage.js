// Writes every package as it is published, into a folder of its own: changesets publishes from there.
import { stage } from './packages/stage.js';

const packages = await stage();
console.log(`${packages.length} packages are ready to be published, as ${packages[0]?.folder ?? ''} and so on`);
