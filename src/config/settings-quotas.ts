import { integer, setting } from './types.ts';

/** How client quotas are measured: Kafka's names and meanings. */
export const quotaSettings = {
  'quota.window.num': setting(integer(1, 1000), 11, 'Windows over which rates are measured against client quotas.'),
  'quota.window.size.seconds': setting(integer(1, 3600), 1, 'Length of such a window.'),
  'controller.quota.window.num': setting(
    integer(1, 1000),
    11,
    'Windows whose partitions may be created or deleted at once under a quota of mutations.',
  ),
  'controller.quota.window.size.seconds': setting(integer(1, 3600), 1, 'Length of such a window.'),
} as const;
