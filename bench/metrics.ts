/** Sums of the samples of each metric, over its labels. */
function parseMetrics(text: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const found = /^([a-z_]+)(?:\{.*\})? (\S+)$/.exec(line);
    if (found?.[1] !== undefined) sums.set(found[1], (sums.get(found[1]) ?? 0) + Number(found[2]));
  }
  return sums;
}

/** Asks a broker for its metrics; what it gives throws for a name that the broker does not have. */
export async function metricsOf(http: string): Promise<(name: string) => number> {
  const answer = await fetch(`http://${http}/metrics`);
  if (!answer.ok) throw new Error(`/metrics answered ${answer.status}`);
  const metrics = parseMetrics(await answer.text());
  return (name) => {
    const value = metrics.get(name);
    if (value === undefined) throw new Error(`the broker has no metric ${name}`);
    return value;
  };
}
