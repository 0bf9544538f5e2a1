/** What shows figures and payloads to people, without anything of Node.js: for pages in browsers. */
export { humanCount, humanDuration, humanRate } from './human.ts';
export { prettyJson } from './json-text.ts';
