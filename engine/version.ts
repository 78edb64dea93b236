/** The version of this build; plans and evidence name it. */
export const VERSION = '0.1.0';
