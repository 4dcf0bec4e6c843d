/** JSON pointers (RFC 6901) to the members that a comparison passes over. */
import { refuse } from "../core/check.ts";

/** The pointers as a tree, walked down together with the document. */
export interface PointerTree {
  /** A pointer ends here. */
  readonly ignored: boolean;
  /** By member name, or by index in decimal. */
  readonly below: ReadonlyMap<string, PointerTree>;
}

interface Growing extends PointerTree {
  ignored: boolean;
  readonly below: Map<string, Growing>;
}

/** Throws a `TypeError` that names the option for anything but pointers to a part of a document. */
export function compilePointers(pointers: readonly string[]): PointerTree | undefined {
  if (pointers.length === 0) return undefined;
  const root = growing();
  for (const pointer of pointers) {
    let node = root;
    for (const name of tokensOf(pointer)) {
      const next = node.below.get(name) ?? growing();
      node.below.set(name, next);
      node = next;
    }
    node.ignored = true;
  }
  return root;
}

/** Of a document's own members, the one of that name. */
export function memberNamed(name: string | undefined): PointerTree | undefined {
  if (name === undefined) return undefined;
  return { ignored: false, below: new Map([[name, { ignored: true, below: new Map() }]]) };
}

const growing = (): Growing => ({ ignored: false, below: new Map() });

/** The empty pointer is refused: it means the whole body, and every body would be equal. */
function tokensOf(pointer: string): string[] {
  if (typeof pointer !== "string" || !/^(?:\/(?:[^~/]|~[01])*)+$/.test(pointer)) {
    refuse("fingerprint.ignore", 'a list of JSON pointers such as "/sentAt"', pointer);
  }
  const tokens = pointer.slice(1).split("/");
  // In this order: "~01" stands for "~1", and not for "/".
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}
