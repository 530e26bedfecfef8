/** How much each case does. */
export interface Scale {
  /** Longest wait for a quiet machine before and after a measurement. */
  readonly quietMs: number;
  readonly produceRecords: number;
  /** Unmeasured records, before the rounds of producing. */
  readonly warmUpRecords: number;
  /** Pause before each round of producing, in which a broker does what it does with what came before. */
  readonly settleMs: number;
  readonly randomRecords: number;
  readonly ackRecords: number;
  readonly rawSyncs: number;
  readonly walRecords: number;
  readonly readyStarts: number;
  readonly idleSeconds: number;
  readonly indexRecords: number;
  readonly freshRecords: number;
  /** Seconds of transactions, or of commits. */
  readonly coordinationSeconds: number;
  readonly flushRows: number;
  readonly flushRepeats: number;
  readonly tableCommits: number;
  readonly tableBatches: number;
  readonly sqlRows: number;
}

const MIB = 1024; // records of 1 KiB

export const fullScale: Scale = {
  quietMs: 10_000,
  produceRecords: 700 * MIB,
  warmUpRecords: 700 * MIB,
  settleMs: 18_000,
  randomRecords: 250 * MIB,
  ackRecords: 3000,
  rawSyncs: 1000,
  walRecords: 1040 * MIB,
  readyStarts: 5,
  idleSeconds: 20,
  indexRecords: 200 * MIB,
  freshRecords: 60,
  coordinationSeconds: 15,
  flushRows: 200_000,
  flushRepeats: 3,
  tableCommits: 400,
  tableBatches: 100,
  sqlRows: 10_000_000,
};

export const shortScale: Scale = {
  quietMs: 1000,
  produceRecords: 60 * MIB,
  warmUpRecords: 100_000,
  settleMs: 0,
  randomRecords: 40 * MIB,
  ackRecords: 500,
  rawSyncs: 200,
  walRecords: 1040 * MIB,
  readyStarts: 2,
  idleSeconds: 6,
  indexRecords: 25 * MIB,
  freshRecords: 10,
  coordinationSeconds: 4,
  flushRows: 25_000,
  flushRepeats: 2,
  tableCommits: 64,
  tableBatches: 20,
  sqlRows: 200_000,
};
