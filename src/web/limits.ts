/** What the visitors of a page may cost; docs/limits.md says what happens beyond. */

/** Connections of browsers that have opened a link to the page. */
export const MAX_CONNECTIONS = 64;

/** Connections of others. When another comes, the oldest of them is closed. */
export const MAX_SILENT_CONNECTIONS = 64;

/** The time for a connection to come to its first request. */
export const SILENCE = '30s';

/** The largest WebSocket message of a viewer: what noVNC sends are keys, the pointer, and text that was copied. */
export const MAX_MESSAGE = 1_024 * 1_024;
