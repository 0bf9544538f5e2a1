export { consoleActs, startConsole, type Console, type ConsoleOptions } from './console.ts';
