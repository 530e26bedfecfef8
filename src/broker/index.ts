export { Broker } from './broker.ts';
export type { BrokerOptions } from './engines.ts';
export type { JobEvent, JobView } from '../processor/jobs/types.ts';
export { isIncomplete, recover, type RecoverySummary } from './recover.ts';
export { runProcessor, type StandaloneReport } from './standalone.ts';
