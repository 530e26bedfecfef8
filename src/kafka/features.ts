import { Turns } from '../base/turns.ts';
import { type Feature, features } from './features-table.ts';
import { metaValue, setMeta } from '../metadata/meta.ts';
import type { SqlEngine } from '../metadata/types.ts';

/** How a level may move (KIP-584, KIP-778): up only, down where nothing is lost, down whatever is lost. */
export type UpgradeType = 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade' | 'unknown';

export interface FeatureUpdate {
  readonly feature: string;
  /** 0 switches the feature off. */
  readonly level: number;
  readonly type: UpgradeType;
}

export interface FeatureLevel {
  readonly name: string;
  readonly level: number;
}

type Levels = ReadonlyMap<string, number>;

const byName: ReadonlyMap<string, Feature> = new Map(features.map((feature) => [feature.name, feature]));

/** Key of the table `meta`. */
const STORED = 'features';

interface Stored {
  readonly epoch: number;
  /** Levels that somebody set; the others are those of this software. */
  readonly levels: Readonly<Record<string, number>>;
}

/**
 * The levels of features that this cluster works with (KIP-584): in memory for every reader, in SQL for the next start. A level that nobody
 * set follows the software, so that a new version switches on what it brings.
 */
export class FeatureLevels {
  readonly #sql: SqlEngine;
  #epoch: number;
  #set: Levels;
  readonly #turns = new Turns();

  private constructor(sql: SqlEngine, { epoch, levels }: Stored) {
    this.#sql = sql;
    this.#epoch = epoch;
    this.#set = new Map(Object.entries(levels));
  }

  static async open(sql: SqlEngine): Promise<FeatureLevels> {
    const initial: Stored = { epoch: 0, levels: {} };
    return new FeatureLevels(sql, JSON.parse(await metaValue(sql, STORED, JSON.stringify(initial))) as Stored);
  }

  /** Rises with every change. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The level that holds; 0 for a feature that is off or not known. */
  level(name: string): number {
    return this.#set.get(name) ?? byName.get(name)?.initial ?? 0;
  }

  /** What is switched on. */
  finalized(): FeatureLevel[] {
    return features.map(({ name }) => ({ name, level: this.level(name) })).filter(({ level }) => level > 0);
  }

  /** Changes all of the levels or none; resolves, when that is durable, with what is wrong, or undefined. */
  update(updates: readonly FeatureUpdate[], validateOnly: boolean): Promise<string | undefined> {
    return this.#turns.run(async () => {
      const wrong = this.#refusal(updates);
      if (wrong !== undefined || validateOnly || updates.length === 0) return wrong;
      const levels = new Map([...this.#set, ...updates.map(({ feature, level }) => [feature, level] as const)]);
      const stored: Stored = { epoch: this.#epoch + 1, levels: Object.fromEntries(levels) };
      await this.#sql.transaction([setMeta(STORED, JSON.stringify(stored))]);
      this.#set = levels;
      this.#epoch = stored.epoch;
      return undefined;
    });
  }

  #refusal(updates: readonly FeatureUpdate[]): string | undefined {
    for (const update of updates) {
      const wrong = refusal(update, this.level(update.feature));
      if (wrong === undefined) continue;
      return `Invalid update version ${update.level} for feature ${update.feature}. ${wrong}`;
    }
    return undefined;
  }
}

/** Why one level cannot change so, in the order in which Apache Kafka looks at it. */
function refusal({ feature, level, type }: FeatureUpdate, current: number): string | undefined {
  if (type === 'unknown') return 'The upgrade type is not known.';
  if (level < 0) return 'A level cannot be negative.';
  const declared = byName.get(feature);
  if (declared === undefined) return 'This broker does not have the feature.';
  const { min, max, floor = min } = declared;
  if (level < min || level > max) return `This broker supports the levels ${min} to ${max} only.`;
  if (level < current && type === 'upgrade') return 'The level would go down, which the upgrade type does not allow.';
  if (level > current && type !== 'upgrade') return 'The level would go up, which the upgrade type does not allow.';
  return level < floor ? 'Metadata could be lost.' : undefined;
}
