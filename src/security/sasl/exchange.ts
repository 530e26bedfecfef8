/** Who an exchange has found its client to be. */
export interface Identity {
  /** Name of the user, without a type. */
  readonly name: string;
  /** When the credential ends, ms since the epoch; undefined when it does not. */
  readonly expires?: number;
  /** Logged in with a delegation token. */
  readonly byToken?: boolean;
}

/** What a server answers to one token of a client. */
export type SaslStep =
  | { readonly kind: 'challenge'; readonly token: Uint8Array }
  | { readonly kind: 'done'; readonly token: Uint8Array; readonly identity: Identity }
  | {
      readonly kind: 'failed';
      /** What the client is told; without it, a sentence that says nothing of the reason. */
      readonly message?: string;
      /** For the log; holds nothing that the client sent. */
      readonly reason: string;
    };

/** The server's side of one authentication. It is over with the first step that is no challenge. */
export interface SaslExchange {
  next(token: Uint8Array): SaslStep;
}

/** A SASL mechanism with what it needs to know of users. */
export interface SaslMechanism {
  readonly name: string;
  begin(): SaslExchange;
}

/** How clients of one listener authenticate. */
export interface SaslTerms {
  readonly mechanisms: readonly SaslMechanism[];
  /** `connections.max.reauth.ms` of a mechanism; 0 is no limit. */
  maxReauthMs(mechanism: string): number;
  /** `sasl.server.max.receive.size` */
  readonly maxReceiveBytes: number;
  /** `connection.failed.authentication.delay.ms` */
  readonly failureDelayMs: number;
}
