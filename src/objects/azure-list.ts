import { ObjectStoreUnavailable } from './errors.ts';
import type { ObjectInfo } from './types.ts';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name ?? ''] ?? whole;
  });
}

/** The text of the first element with this name; undefined when there is none. */
function textOf(xml: string, name: string): string | undefined {
  const [, attributes = '', text = ''] = new RegExp(`<${name}(\\s[^>]*[^/])?>([^<]*)</${name}>`).exec(xml) ?? [];
  if (text === '') return undefined;
  // What XML cannot hold is percent-encoded and marked.
  return attributes.includes('Encoded="true"') ? decodeURIComponent(unescaped(text)) : unescaped(text);
}

export const bareEtag = (etag: string): string => etag.replace(/^"|"$/g, '');

/**
 * A page of List Blobs (https://learn.microsoft.com/rest/api/storageservices/list-blobs). All elements that are read hold text alone, so that
 * cutting at tags is enough: '<' in text is always escaped.
 */
export function parseBlobs(xml: string): { readonly blobs: readonly ObjectInfo[]; readonly next: string | undefined } {
  if (!xml.includes('<EnumerationResults')) throw new ObjectStoreUnavailable('the list is no list');
  const blobs = [...xml.matchAll(/<Blob>([\s\S]*?)<\/Blob>/g)].map(([, blob = '']) => {
    const key = textOf(blob, 'Name');
    if (key === undefined) throw new ObjectStoreUnavailable('the list has an object without a name');
    return {
      key,
      size: Number(textOf(blob, 'Content-Length')),
      etag: bareEtag(textOf(blob, 'Etag') ?? ''),
      modified: Date.parse(textOf(blob, 'Last-Modified') ?? '') || 0,
    };
  });
  return { blobs, next: textOf(xml, 'NextMarker') };
}
