/** Azure answered, and what it has does not make up what was asked for; the message is for people. */
export class Unreadable extends Error {}
