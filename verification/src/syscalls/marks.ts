/**
 * How a worker and whoever reads its trace understand each other: a look at a file of this name is
 * a system call that nothing else makes.
 */

/** All files are open; what follows is the request's. */
export const READY = "ready";
/** A piece of an answer is about to leave. */
export const ANSWERING = "answering";

/**
 * SQLite moves its log into the file after a thousand pages. Here it does so after each commit, so
 * that the sweep meets the calls of that as well.
 */
export const CHECKPOINT_EACH = "pragma wal_autocheckpoint = 1";
