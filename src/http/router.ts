import { HttpError } from './error.ts';
import type { Route } from './route.ts';

export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

interface CompiledRoute {
  readonly route: Route;
  readonly segments: readonly string[];
  readonly parameters: number;
}

/** Finds the route of a request: plain segments win over parameters. */
export class Router {
  /** By number of segments; fewest parameters first. */
  readonly #byLength = new Map<number, CompiledRoute[]>();
  /** By the first segment: routes that refuse in a manner of their own. */
  readonly #refusing = new Map<string, Route>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const segments = route.path
        .split('/')
        .slice(1)
        .filter((segment) => segment !== '');
      const parameters = segments.filter((segment) => segment.startsWith('{')).length;
      const list = this.#byLength.get(segments.length) ?? [];
      list.push({ route, segments, parameters });
      if (route.refusal !== undefined) this.#refusing.set(segments[0] ?? '', route);
      list.sort((a, b) => a.parameters - b.parameters);
      this.#byLength.set(segments.length, list);
    }
  }

  /** Throws HttpError: 404 for an unknown path, 405 for a method that the path does not have, 400 for a malformed path. */
  find(method: string, path: string): RouteMatch {
    const fitting = this.#fitting(path);
    const asked = method === 'HEAD' ? 'GET' : method;
    const found = fitting.find(({ route }) => route.methods.some((one) => one === asked));
    if (found !== undefined) return found;
    if (fitting.length === 0) throw noHandler(path, method);
    const allow = allowed(fitting);
    const reason = `incorrect HTTP method for uri [${shown(path)}] and method [${method}], allowed: [${allow}]`;
    throw new HttpError(405, 'method_not_allowed', reason, { allow });
  }

  /** The methods of a path, as the Allow header has them; throws 404 for an unknown path. */
  methods(path: string): string {
    const fitting = this.#fitting(path);
    if (fitting.length === 0) throw noHandler(path, 'OPTIONS');
    return allowed(fitting);
  }

  /** The route in whose manner a path is refused that has none: one that begins alike. */
  neighbour(path: string): Route | undefined {
    return this.#refusing.get(path.split('/').find((segment) => segment !== '') ?? '');
  }

  #fitting(path: string): RouteMatch[] {
    const segments = path
      .split('/')
      .slice(1)
      .filter((segment) => segment !== '')
      .map(decode);
    const matches: RouteMatch[] = [];
    for (const { route, segments: pattern } of this.#byLength.get(segments.length) ?? []) {
      const params = match(pattern, segments);
      if (params !== undefined) matches.push({ route, params });
    }
    return matches;
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!;
    if (part.startsWith('{')) params[part.slice(1, -1)] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
}

function allowed(matches: readonly RouteMatch[]): string {
  const methods = new Set<string>(matches.flatMap(({ route }) => route.methods));
  if (methods.has('GET')) methods.add('HEAD');
  methods.add('OPTIONS');
  return [...methods].sort().join(', ');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpError(
      400,
      'illegal_argument_exception',
      `the path segment [${shown(segment)}] is not valid percent-encoding`,
    );
  }
}

function noHandler(path: string, method: string): HttpError {
  const reason = `no handler found for uri [${shown(path)}] and method [${method}]; /openapi.json lists what there is`;
  return new HttpError(404, 'no_handler_found', reason);
}

function shown(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 200)}…`;
}
