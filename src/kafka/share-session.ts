import { errorCode } from '../../protocol/errors.ts';
import type { ShareCoordinator } from '../coordination/share/coordinator.ts';
import type { RequestContext } from './handler.ts';

/** Who asks, or the code why it may not. */
export type CheckedMember =
  | { readonly groupId: string; readonly memberId: string; readonly error?: never }
  | { readonly error: number };

/** What ShareFetch and ShareAcknowledge check of their caller. */
export function checkMember(
  request: { readonly groupId: string | null; readonly memberId: string | null },
  { may }: RequestContext,
): CheckedMember {
  const { groupId, memberId } = request;
  if (groupId === null || memberId === null || memberId === '') return { error: errorCode.INVALID_REQUEST };
  if (!may('read', 'group', groupId)) return { error: errorCode.GROUP_AUTHORIZATION_FAILED };
  return { groupId, memberId };
}

/** A client that is gone gives back what it holds. Of a connection that ended there can be no session but those that it began. */
export function endWithConnection(share: ShareCoordinator, { signal, connectionId }: RequestContext): void {
  if (!share.beginConnection(connectionId)) return;
  const end = (): void => void share.endConnection(connectionId);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
}
