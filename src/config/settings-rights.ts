import { choice, flag, setting, text } from './types.ts';

/** The class whose behaviour the authorizer has: its name is what Kafka's setting takes. */
const STANDARD_AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';

/** Who may do what: Kafka's names and meanings. */
export const rightsSettings = {
  'authorizer.class.name': setting(
    choice('', STANDARD_AUTHORIZER),
    '',
    'Kafka’s StandardAuthorizer switches ACLs on; empty means that everybody may do everything.',
  ),
  'super.users': setting(text, '', 'Principals that may do everything, separated by `;`: `User:admin;User:ops`.'),
  'allow.everyone.if.no.acl.found': setting(flag, false, 'Everybody may do what no ACL speaks of.'),
} as const;
