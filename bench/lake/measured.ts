/**
 * Runs `work`, which gives the bytes that it stored, once for the compiler to warm up - what does it in a broker has run for a while - and so many times more;
 * prints what those cost, as JSON.
 */
export async function measured(work: () => Promise<number>, repeats: number): Promise<void> {
  let storedBytes = await work();
  const cpu = process.cpuUsage();
  const began = process.hrtime.bigint();
  for (let repeat = 0; repeat < repeats; repeat++) storedBytes = await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  process.stdout.write(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, storedBytes }));
}
