import { runCases } from '../harness.ts';
import { clusterCases } from './cluster-cases.ts';
import { dataCases } from './data-cases.ts';
import { groupCases } from './group-cases.ts';
import { securityCases } from './security-cases.ts';

const secured = process.env['PROFILE'] === 'secured';
const cases = secured ? securityCases : [...groupCases, ...dataCases, ...clusterCases];
const limited = cases.map((one) => ({ ...one, timeoutMs: 60_000 }));

await runCases(secured ? 'java-tools-secured' : 'java-tools', limited, 4);
