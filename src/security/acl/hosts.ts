import { isIPv6 } from 'node:net';

/**
 * An address in the form that sockets report. An IPv6 address has many forms; Kafka writes all eight groups, sockets here leave
 * zeros out. What is no IPv6 address stays as it is.
 */
export function canonicalHost(host: string): string {
  if (!isIPv6(host)) return host;
  try {
    return new URL(`http://[${host}]`).hostname.slice(1, -1);
  } catch {
    return host; // With a zone, which a URL may not have.
  }
}
