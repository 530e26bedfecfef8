import type { TextSearch, TextSearchResult } from '../../fulltext/query.ts';
import type { RetryPolicy } from '../../objects/retry.ts';
import type { ExpiryRule } from '../../log/record-expiry.ts';
import type { CommittedRead } from '../../log/committed-read.ts';
import type { SealedText, TextFrontier, TextSinkSettings, TextSinkStatus, TextTopicSpec } from './types.ts';

/** What the text thread needs to know at its start. */
export interface TextWorkerOptions {
  readonly objectsUrl: string;
  readonly retry: RetryPolicy;
  readonly cache: { readonly folder: string; readonly maxBytes: number };
  readonly walFolder: string;
  /** The WAL's durable watermark. */
  readonly watermark: SharedArrayBuffer;
  readonly settings: TextSinkSettings;
  /** Shared memory, for `threadLogger`. */
  readonly logLevels: SharedArrayBuffer;
}

/** What the main thread calls in the text thread. */
export type TextWorkerCalls = {
  ready: (none: null) => void;
  start: (none: null) => void;
  addTopic: (spec: TextTopicSpec) => void;
  expire: (of: { topicId: string; expiry: ExpiryRule | undefined }) => Promise<void>;
  removeTopic: (topicId: string) => void;
  search: (request: TextSearch) => Promise<TextSearchResult>;
  pause: (none: null) => void;
  resume: (none: null) => void;
  seal: (none: null) => Promise<void>;
  skipTo: (sequence: number) => void;
  status: (none: null) => TextSinkStatus;
  metrics: (none: null) => Promise<object[]>;
  stop: (none: null) => Promise<void>;
};

/** What the text thread calls in the main thread. */
export type TextHostCalls = {
  announce: (objectKey: string) => Promise<void>;
  abandon: (objectKey: string) => void;
  register: (of: { objectKey: string; segments: readonly SealedText[] }) => Promise<void>;
  readLog: (at: { topicId: string; partition: number; offset: number }) => Promise<CommittedRead>;
  frontier: (partitions: readonly { topicId: string; partition: number }[]) => Promise<TextFrontier>;
  doneBelow: (sequence: number) => void;
};
