import { runCases } from '../harness.ts';
import { adminCases } from './admin-cases.ts';
import { consumeCases } from './consume-cases.ts';
import { produceCases } from './produce-cases.ts';

await runCases('platformatic', [...consumeCases, ...produceCases, ...adminCases]);
