/** The namespace of the topics' tables. */
export const TOPICS_NAMESPACE = 'topics';

/** The property of a table that says of which topic it is: a name can be given again, an id cannot. */
export const TOPIC_ID = 'quarry.topic-id';
