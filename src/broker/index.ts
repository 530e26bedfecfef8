export { Broker } from './broker.ts';
export type { BrokerOptions } from './engines.ts';
export { recover, type RecoverySummary } from './recover.ts';
