import type { RetryPolicy } from '../../objects/retry.ts';
import type { BuiltPack, PackTask } from './builder.ts';

/** What the thread needs to know. */
export interface PackWorkerOptions {
  readonly objectsUrl: string;
  readonly retry: RetryPolicy;
  readonly walFolder: string;
  readonly temporaryFolder: string;
  readonly maxConcurrentUploads: number;
}

/** To the thread. */
export type PackRequest =
  | { readonly kind: 'build'; readonly id: number; readonly task: PackTask }
  | { readonly kind: 'metrics'; readonly id: number }
  | { readonly kind: 'close' };

/** From the thread: the answer to one request, or word that it is ready. */
export type PackAnswer =
  | { readonly id: number; readonly built: BuiltPack }
  | { readonly id: number; readonly metrics: object[] }
  | { readonly id: number; readonly error: string };

/** The id of the answer that says whether the thread could start. */
export const READY = 0;
