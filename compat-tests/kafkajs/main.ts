import { runCases } from '../harness.ts';
import { adminCases } from './admin-cases.ts';
import { registerCodecs } from './codecs.ts';
import { consumeCases } from './consume-cases.ts';
import { produceCases } from './produce-cases.ts';
import { transactionCases } from './transaction-cases.ts';

registerCodecs();
await runCases('kafkajs', [...adminCases, ...consumeCases, ...produceCases, ...transactionCases]);
