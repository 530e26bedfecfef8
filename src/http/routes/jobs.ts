import type { HttpDeps, JsonDocument } from '../deps.ts';
import { badRequest, HttpError } from '../error.ts';
import type { ParameterDoc, Reply, Route, RouteRequest } from '../route.ts';
import { anyObject, array, JSON_TYPE, object } from '../schemas.ts';

const JSON_ANSWER = { contentType: JSON_TYPE, schema: anyObject } as const;
const KEY: ParameterDoc = { name: 'key', type: 'string', doc: 'What of the kind; empty where there is only one.' };
const MAX_KEY = 300;

const missing = (reason: string): HttpError => new HttpError(404, 'resource_not_found_exception', reason);

/** What a person decided outlives a restart when it is answered. */
const decided =
  (jobs: HttpDeps['jobs'], act: Act): Act =>
  async (name, request) => {
    const answer = await act(name, request);
    await jobs.remembered();
    return answer;
  };

type Act = (name: string, request: RouteRequest) => JsonDocument | Promise<JsonDocument>;

function change(action: string, summary: string, act: Act, query: readonly ParameterDoc[] = []): Route {
  return {
    methods: ['POST'],
    path: `/admin/jobs/{job}/${action}`,
    summary,
    tag: 'admin',
    needs: 'alter',
    changes: true,
    query,
    answer: JSON_ANSWER,
    otherStatuses: { 404: 'No such kind, or no such job in the state that this is about.' },
    handle: async (request): Promise<Reply> => ({ body: await act(request.params['job'] ?? '', request) }),
  };
}

const DONE: JsonDocument = { acknowledged: true };

function done(worked: boolean, reason: string): JsonDocument {
  if (!worked) throw missing(reason);
  return DONE;
}

/** The background jobs, for whoever runs the broker. `{job}` is a kind of job, or the id of one. */
export function jobRoutes({ jobs }: Pick<HttpDeps, 'jobs'>): Route[] {
  const list: Route = {
    methods: ['GET'],
    path: '/admin/jobs',
    summary: 'Kinds of background jobs, the jobs there are, and the runs that ended, the newest first',
    tag: 'admin',
    needs: 'describe',
    answer: {
      contentType: JSON_TYPE,
      schema: object({ kinds: array(anyObject), jobs: array(anyObject), history: array(anyObject) }),
    },
    handle: () => ({ body: { kinds: jobs.kinds(), jobs: jobs.jobs(), history: jobs.history() } }),
  };
  return [list, ...kindRoutes(jobs), ...oneJobRoutes(jobs)];
}

function kindRoutes(jobs: HttpDeps['jobs']): Route[] {
  const kindNamed = (name: string): string => {
    if (jobs.kinds().some((kind) => kind.name === name)) return name;
    throw missing(`there is no kind of job [${name.slice(0, 100)}]`);
  };
  const run: Act = (name, request) => {
    const ended = jobs.run(kindNamed(name), keyOf(request));
    return request.query.get('wait') === 'false' ? DONE : ended;
  };
  const pause: Act = (name) => {
    jobs.pause(kindNamed(name));
    return DONE;
  };
  const resume: Act = (name) => {
    jobs.resume(kindNamed(name));
    return DONE;
  };
  const quarantine: Act = (name, request) => {
    const reason = request.query.get('reason') ?? 'kept aside by hand';
    return done(jobs.quarantine(kindNamed(name), keyOf(request), reason), 'the job runs; cancel it first');
  };
  return [
    change('run', 'Run a kind of job now, though it is paused or waits', run, [
      KEY,
      { name: 'wait', type: 'boolean', doc: 'Answer when the attempt ended (default) or at once.' },
    ]),
    change('pause', 'Let a kind of job start nothing by itself', decided(jobs, pause)),
    change('resume', 'Let a kind of job go on', decided(jobs, resume)),
    change('quarantine', 'Keep a job of this kind aside until it is released', decided(jobs, quarantine), [
      KEY,
      { name: 'reason', type: 'string', doc: 'Why, for people.' },
    ]),
  ];
}

function oneJobRoutes(jobs: HttpDeps['jobs']): Route[] {
  const named = (id: string): string => `[${id.slice(0, 100)}]`;
  const release: Act = (id) => done(jobs.release(id), `no job ${named(id)} is kept aside`);
  const cancel: Act = (id) => done(jobs.cancel(id), `there is no job ${named(id)}`);
  return [
    change('retry', 'Try a job again now that waits for its next attempt', (id) =>
      done(jobs.retry(id), `no job ${named(id)} waits for its next attempt`),
    ),
    change('release', 'Let a job run again that was kept aside', decided(jobs, release)),
    change('cancel', 'End a job', decided(jobs, cancel)),
  ];
}

function keyOf({ query }: RouteRequest): string {
  const key = query.get('key') ?? '';
  if (key.length > MAX_KEY) throw badRequest(`[key] is longer than ${MAX_KEY} characters`);
  return key;
}
