import { HttpGate } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { openApiDocument } from './openapi.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { Route } from './route.ts';
import { adminRoutes } from './routes/admin.ts';
import { catRoutes } from './routes/cat.ts';
import { clusterRoutes } from './routes/cluster.ts';
import { documentRoutes } from './routes/documents.ts';
import { jobRoutes } from './routes/jobs.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { icebergRoutes } from './routes/iceberg.ts';
import { logLevelRoutes } from './routes/log-levels.ts';
import { keyDeletionRoutes } from './routes/key-deletions.ts';
import { searchRoutes } from './routes/search.ts';
import { sqlRoutes } from './routes/sql.ts';
import { topicRoutes } from './routes/topics.ts';
import { type Authorizer, everybodyMay } from '../security/authorizer.ts';
import { anyObject, JSON_TYPE } from './schemas.ts';
import { type HttpLimits, HttpServer } from './server.ts';

/** Where a listener listens; port 0 picks a free one. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpFrontOptions {
  readonly listener: HttpAddress;
  /** A second listener with `/metrics` and `/health` only, for everybody who reaches it. */
  readonly metricsListener?: HttpAddress;
  readonly limits: HttpLimits;
}

/** Every route of the main listener, `/openapi.json` included. */
export function allRoutes(deps: HttpDeps): readonly Route[] {
  const routes: Route[] = [
    ...clusterRoutes(deps),
    ...searchRoutes(deps),
    ...sqlRoutes(deps),
    ...documentRoutes(deps),
    ...topicRoutes(deps),
    ...catRoutes(deps),
    ...healthRoutes(deps),
    ...adminRoutes(deps),
    ...jobRoutes(deps),
    ...icebergRoutes(deps.lake),
    ...logLevelRoutes(deps),
    ...eventRoutes(deps),
    ...keyDeletionRoutes(deps),
  ];
  const openApi: Route = {
    methods: ['GET'],
    path: '/openapi.json',
    summary: 'This description of the interface',
    tag: 'about',
    answer: { contentType: JSON_TYPE, schema: anyObject },
    handle: () => ({ body: document }),
  };
  const all = [...routes, openApi];
  const document = openApiDocument(all, deps.info.version);
  return all;
}

/** The HTTP front door: the main listener and, when asked for, the one for metrics. */
export class HttpFront {
  readonly #servers: readonly HttpServer[];

  constructor(deps: HttpDeps, options: HttpFrontOptions) {
    const metrics = new RequestMetrics(deps.metrics);
    const logger = deps.logger.child('http');
    const gate = new HttpGate({ access: deps.access, clock: deps.clock, logger, metrics: deps.metrics });
    const common = { limits: options.limits, clock: deps.clock, logger, metrics, gate, tls: deps.access.tls };
    const server = (address: HttpAddress, routes: readonly Route[], authorizer: Authorizer): HttpServer =>
      new HttpServer({ ...address, ...common, routes, authorizer });
    const second = options.metricsListener;
    this.#servers = [
      server(options.listener, allRoutes(deps), deps.authorizer),
      ...(second === undefined ? [] : [server(second, healthRoutes(deps), everybodyMay)]),
    ];
  }

  /** Listens on all; resolves with the addresses, the main one first. Rejects, with nothing left open, when a port is taken. */
  async listen(): Promise<readonly HttpAddress[]> {
    const addresses: HttpAddress[] = [];
    try {
      for (const server of this.#servers) addresses.push(await server.listen());
    } catch (error) {
      await this.close(0);
      throw error;
    }
    return addresses;
  }

  /** Lets what is under way end for at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close(graceMs)));
  }
}
