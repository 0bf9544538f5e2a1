/**
 * Runs a job that returns events per second, and adds the processor time of this process an event, in microseconds: on a
 * machine that does other things as well it says more than the clock.
 */
export async function withCpu(
  name: string,
  events: number,
  job: () => Promise<number>,
): Promise<Record<string, number>> {
  const before = process.cpuUsage();
  const rate = await job();
  const { user, system } = process.cpuUsage(before);
  return { [name]: rate, [`${name} cpu`]: (user + system) / events };
}
