/** A feature with levels that an administrator can move (KIP-584, KIP-1022). */
export interface Feature {
  readonly name: string;
  /** Levels that this software can work with; 0 is off. */
  readonly min: number;
  readonly max: number;
  /** The level as long as nobody sets one. */
  readonly initial: number;
  /** Lowest level that a downgrade may reach, where that is above `min`: below it metadata had another form. */
  readonly floor?: number;
}

/** The feature from whose level admin tools read the release of a cluster. */
const METADATA_VERSION = 'metadata.version';

/**
 * Every feature of this broker, with the levels of Apache Kafka 4.3. Whoever serves a feature adds its line; the part asks
 * `FeatureLevels.level` whether it is on.
 */
export const features: readonly Feature[] = [
  { name: METADATA_VERSION, min: 7, max: 30, initial: 30, floor: 30 },
  { name: 'transaction.version', min: 0, max: 2, initial: 2 },
  { name: 'group.version', min: 0, max: 1, initial: 1 },
  { name: 'share.version', min: 0, max: 1, initial: 1 },
  { name: 'streams.version', min: 0, max: 1, initial: 1 },
  { name: 'eligible.leader.replicas.version', min: 0, max: 1, initial: 1 },
];
