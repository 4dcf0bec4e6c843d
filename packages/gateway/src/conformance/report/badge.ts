/** The report as a badge: what the server was held to, and how many MUSTs of it hold. */
import { holdsUp, type Report, tally } from "../report.ts";
import { xml } from "./xml.ts";

const GREEN = "#2e7d32";
const RED = "#c62828";
/** About what a character of 11 px takes: no font can be measured here. */
const CHARACTER_PX = 6.6;
const PADDING_PX = 12;

export function badge(report: Report): string {
  const { passed, failed, notApplicable } = tally(report.findings, "MUST");
  const label = `idempotency: ${report.profile}`;
  const rest = notApplicable === 0 ? "" : `, ${notApplicable} n.a.`;
  const value = `${passed}/${passed + failed} MUST${rest}`;
  const [left, right] = [widthOf(label), widthOf(value)];
  const color = holdsUp(report) ? GREEN : RED;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img"`,
    ` aria-label="${xml(`${label}: ${value}`)}">`,
    `<title>${xml(`${label}: ${value}`)}</title>`,
    `<rect width="${left}" height="20" fill="#424242"/>`,
    `<rect x="${left}" width="${right}" height="20" fill="${color}"/>`,
    '<g fill="#fff" font-family="Verdana,Geneva,sans-serif" font-size="11" text-anchor="middle">',
    `<text x="${left / 2}" y="14">${xml(label)}</text>`,
    `<text x="${left + right / 2}" y="14">${xml(value)}</text>`,
    "</g></svg>",
    "",
  ].join("\n");
}

const widthOf = (text: string): number => Math.round(text.length * CHARACTER_PX) + PADDING_PX;
