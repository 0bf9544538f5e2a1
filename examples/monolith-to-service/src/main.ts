import { connect } from 'isostream';
import { Move } from './move.ts';
import { steps } from './steps.ts';
import { bills, customers, orders } from './topics.ts';

const url = process.env['ISOSTREAM_URL'] ?? 'memory:';
const streams = await connect({ url, topics: [orders, customers, bills] });
const move = new Move(streams);
try {
  for (const [index, { name, does, run }] of steps.entries()) {
    console.log(`\n${index + 1}. ${name}\n   ${does}`);
    for (const [what, seen] of Object.entries(await run(move))) console.log(`   ${String(seen).padStart(6)}  ${what}`);
  }
} finally {
  await move.close();
  await streams.close();
}
