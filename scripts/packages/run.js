import { execFile } from 'node:child_process';

/** Runs a program and returns what it printed; throws with all that it said. */
export function run(command, args, { cwd, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    // What npm gives to scripts of this repository is none of the stranger's.
    const inherited = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_registry$)/i.test(name));
    const options = { cwd, env: { ...Object.fromEntries(inherited), ...env }, maxBuffer: 64 * 2 ** 20 };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`.trim(), { cause: error }));
    });
  });
}

/** npm in a folder. Scripts of other packages run only where they are asked for. */
export function npm(cwd, args, scripts = false) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  return run('npm', [...args, ...quiet, ...(scripts ? [] : ['--ignore-scripts'])], { cwd });
}
