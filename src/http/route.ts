import type { HttpError } from './error.ts';
import type { AnswerBudget } from '../search/answer-budget.ts';
import type { AclOperation, Requester, ResourceType } from '../security/authorizer.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** A request that fits a route. */
export interface RouteRequest {
  readonly method: Method | 'HEAD';
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Parameters of the URL, decoded; only those that the route declares. */
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body without its content coding; empty when there is none. */
  readonly bytes: Uint8Array;
  /** The body as parsed JSON; undefined when there is none. Throws HttpError 400. */
  readonly json: () => unknown;
  /** Whether the principal may do so, from this address. */
  readonly may: (operation: AclOperation, type: ResourceType, name: string) => boolean;
  /** Who asks. */
  readonly requester: Requester;
  /** Aborted when the client went away or the time is over. */
  readonly signal: AbortSignal;
  /** For records in the answer; released when the answer has left. */
  readonly budget: AnswerBudget;
}

interface ReplyHead {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a route answers: `body` as JSON (or MessagePack when asked for), or `text` or `bytes` as they are. */
export type WholeReply = ReplyHead &
  (
    | { readonly body: unknown }
    | { readonly text: string; readonly contentType: string }
    | { readonly bytes: Uint8Array; readonly contentType: string }
  );

/** An answer in pieces, each written when it comes. `signal` is aborted when the client goes away or the server closes. */
export type StreamReply = ReplyHead & {
  readonly stream: (signal: AbortSignal) => AsyncIterable<string>;
  readonly contentType: string;
};

export type Reply = WholeReply | StreamReply;

/** A parameter of a URL, for checking and for the description of the interface. */
export interface ParameterDoc {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'number';
  readonly doc: string;
}

/** One path of the interface, for the methods named. HEAD goes with GET, OPTIONS with everything. */
export interface Route {
  readonly methods: readonly Method[];
  /** `/{topic}/_search`: segments in braces are parameters. */
  readonly path: string;
  readonly summary: string;
  readonly tag: 'tables' | 'search' | 'sql' | 'documents' | 'cluster' | 'health' | 'admin' | 'about';
  readonly query?: readonly ParameterDoc[];
  /** What the body is, where there may be one. */
  readonly body?: { readonly contentType: string; readonly schema: object; readonly required?: boolean };
  /** Schema of the answer with status 200. */
  readonly answer: { readonly contentType: string; readonly schema: object };
  /** Statuses other than 200 that it answers, with their meaning. */
  readonly otherStatuses?: Readonly<Record<string, string>>;
  /** The right on the cluster that it needs; refused with 403 without it. Rights on topics a route asks for itself. */
  readonly needs?: 'describe' | 'alter';
  /** Changes something: refused when a web page of another origin asks. */
  readonly changes?: boolean;
  /** Answered to everybody, whether or not others have to say who they are. */
  readonly open?: boolean;
  /** Answered even when the server is at its limit of requests under way. */
  readonly always?: boolean;
  /** How it says what the server refuses before or around it; in Elasticsearch's manner without. */
  readonly refusal?: (error: HttpError) => Reply;
  handle(request: RouteRequest): Reply | Promise<Reply>;
}

/** Parameters that every route takes. */
export const COMMON_PARAMETERS: readonly ParameterDoc[] = [
  { name: 'pretty', type: 'boolean', doc: 'Indent the JSON.' },
  { name: 'human', type: 'boolean', doc: 'Taken for compatibility; without effect.' },
  { name: 'error_trace', type: 'boolean', doc: 'Taken for compatibility; without effect.' },
  {
    name: 'filter_path',
    type: 'string',
    doc: 'Comma list of dotted paths of the answer to show; `*` allowed, `-` excludes.',
  },
];
