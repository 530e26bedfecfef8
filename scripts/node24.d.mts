/** What programs in TypeScript use of node24.mjs. */
export function threadFlags(version?: string): string[];
export function programFlags(version?: string): string[];
