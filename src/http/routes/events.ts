import type { HttpDeps } from '../deps.ts';
import { HttpError } from '../error.ts';
import { EventFeed, type FeedEvent } from '../event-feed.ts';
import type { ParameterDoc, Reply, Route, RouteRequest } from '../route.ts';
import { text } from '../schemas.ts';

/** Clients that listen at once. */
const MAX_LISTENERS = 16;

const QUERY: readonly ParameterDoc[] = [
  { name: 'kind', type: 'string', doc: 'Comma list of kinds of jobs; all by default.' },
  { name: 'type', type: 'string', doc: 'Comma list of types of events: finished, failed, …; all by default.' },
];

interface ListedJob {
  readonly job: { readonly kind: string };
}

function listOf(query: RouteRequest['query'], name: string): ReadonlySet<string> | undefined {
  const given = query.get(name);
  return given === undefined || given === '' ? undefined : new Set(given.split(','));
}

function wantedBy({ query }: RouteRequest): (event: FeedEvent) => boolean {
  const kinds = listOf(query, 'kind');
  const types = listOf(query, 'type');
  return ({ name, data }) => types?.has(name) !== false && kinds?.has((data as ListedJob).job.kind) !== false;
}

/** What happens to background jobs, as it happens. */
export function eventRoutes({ jobs, clock }: Pick<HttpDeps, 'jobs' | 'clock'>): Route[] {
  const feed = new EventFeed({ clock, run: clock.now().toString(36) });
  let listeners = 0;
  let fed = false;

  function handle(request: RouteRequest): Reply {
    if (listeners >= MAX_LISTENERS)
      throw new HttpError(429, 'es_rejected_execution_exception', `${MAX_LISTENERS} clients listen already`);
    // Before the first listener nobody has an event to go on from.
    if (!fed) jobs.onEvent((event) => feed.add({ name: event.type, data: event }));
    fed = true;
    const lastId = String(request.headers['last-event-id'] ?? '');
    const wanted = wantedBy(request);
    async function* stream(signal: AbortSignal): AsyncGenerator<string> {
      listeners++;
      try {
        yield* feed.read(lastId, wanted, signal);
      } finally {
        listeners--;
      }
    }
    return { stream, contentType: 'text/event-stream; charset=utf-8' };
  }

  return [
    {
      methods: ['GET'],
      path: '/admin/events',
      summary: 'Server-sent events of background jobs: queued, started, progress, finished, failed, retried and so on',
      tag: 'admin',
      needs: 'describe',
      query: QUERY,
      answer: { contentType: 'text/event-stream', schema: text },
      otherStatuses: { 429: 'Too many clients listen.' },
      handle,
    },
  ];
}
