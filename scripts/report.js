/**
 * What a run came to: how many tests passed, and what failed, to be said again at its end. A log is
 * read from its end, and often has no more.
 *
 * The module is a reporter of Node's test runner too, which writes lines of JSON.
 */
import { relative } from "node:path";
import { inspect, stripVTControlCharacters } from "node:util";
import { Failure, ROOT } from "./command.js";

/**
 * What the runner counted. Here a test that was skipped or cancelled has failed, because nobody
 * saw it pass.
 *
 * @typedef {object} Report
 * @property {number} passed
 * @property {number} failed
 * @property {Failed[]} failures
 */

/**
 * @typedef {object} Failed
 * @property {string} name the test's, or that of a file which failed outside of its tests
 * @property {string} place file and line, from the workspace's folder
 * @property {string} text what the runner knows of it
 */

/** Of one failure: its words and the top of its stack. */
const LINES_MAX = 40;
/** Of all of them: what the end of a log still shows. Each has its name, however many there are. */
const LINES_IN_ALL = 400;
const LINES_MIN = 3;

/** The runner closes with "tests 17", "pass 16" and so on. */
const CLOSING = /^(tests|pass) (\d+)$/;

/**
 * The reporter.
 *
 * @param {AsyncIterable<{ type: string, data: any }>} source
 */
export default async function* report(source) {
  /** @type {Record<string, number>} */
  const counted = {};
  for await (const { type, data } of source) {
    if (type === "test:fail" || type === "test:pass") {
      const text = complaint(type, data);
      if (text !== undefined) yield `${JSON.stringify({ failed: failed(data, text) })}\n`;
    }
    const [, name, count] = (type === "test:diagnostic" && CLOSING.exec(data.message)) || [];
    // The last of its kind: a test may say such words as well.
    if (name !== undefined) counted[name] = Number(count);
  }
  yield `${JSON.stringify({ counted })}\n`;
}

/**
 * @param {{ name: string, file?: string, line?: number }} test
 * @param {string} text
 * @returns {Failed}
 */
function failed({ name, file, line }, text) {
  return { name, place: file === undefined ? "" : `${relative(ROOT, file)}:${line}`, text };
}

/**
 * What nobody saw pass has failed, here as in the count.
 *
 * @param {string} type
 * @param {any} data
 * @returns {string | undefined}
 */
function complaint(type, { skip, todo, details }) {
  if (skip !== undefined) return "It was skipped.";
  if (todo !== undefined) return "It is still to do.";
  if (type === "test:pass") return undefined;
  const { error } = details;
  // A parent whose children failed says nothing that they do not.
  if (error.failureType === "subtestsFailed") return undefined;
  // The cause is what the test threw; the runner's own error around it has no words of its own.
  const cause = error.cause ?? error;
  return stripVTControlCharacters(typeof cause === "string" ? cause : inspect(cause));
}

/**
 * @param {string} written by the reporter
 * @returns {Report}
 */
export function readReport(written) {
  const lines = written
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const { tests, pass } = lines.at(-1)?.counted ?? {};
  if (!tests || pass === undefined) throw new Failure("The test runner ran no test.");
  const failures = lines.flatMap(({ failed }) => (failed === undefined ? [] : [failed]));
  return { passed: pass, failed: tests - pass, failures };
}

/**
 * @param {readonly { on: string, failures: readonly Failed[] }[]} runs
 * @returns {string} nothing where nothing failed
 */
export function failureWords(runs) {
  const all = runs.flatMap(({ on, failures }) => failures.map((each) => ({ on, ...each })));
  const share = Math.floor(LINES_IN_ALL / Math.max(1, all.length));
  const lines = Math.max(LINES_MIN, Math.min(LINES_MAX, share));
  return all
    .map(({ on, name, place, text }) => `✗ ${name}\n  ${on}, ${place}\n${head(text, lines)}\n\n`)
    .join("");
}

/**
 * @param {string} text
 * @param {number} count
 */
function head(text, count) {
  const lines = text.trimEnd().split("\n");
  const left = lines.length - count;
  const more = left > 0 ? [`… and ${left} more lines`] : [];
  return [...lines.slice(0, count), ...more].map((line) => `    ${line}`).join("\n");
}
