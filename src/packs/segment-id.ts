/** Names one section of a pack (a partition segment). */
export interface SegmentId {
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: number;
  readonly generation: number;
}

const OFFSET_DIGITS = 20;
const PATTERN = /^(.+)-(0|[1-9]\d*)-(\d{20})-(0|[1-9]\d*)$/s;

/** `<topic>-<partition>-<base offset, 20 digits>-<generation>`. */
export function formatSegmentId(id: SegmentId): string {
  return `${id.topic}-${id.partition}-${String(id.baseOffset).padStart(OFFSET_DIGITS, '0')}-${id.generation}`;
}

/**
 * Reads an id from the right, because a topic's name may itself hold dashes and digits. Undefined for any text that
 * `formatSegmentId` does not make.
 */
export function parseSegmentId(text: string): SegmentId | undefined {
  const [, topic, partition, baseOffset, generation] = PATTERN.exec(text) ?? [];
  if (topic === undefined) return undefined;
  const id = { topic, partition: Number(partition), baseOffset: Number(baseOffset), generation: Number(generation) };
  const safe = [id.partition, id.baseOffset, id.generation].every(Number.isSafeInteger);
  return safe ? id : undefined;
}
