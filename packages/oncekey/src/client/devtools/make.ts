/**
 * Nodes of the panel, one by one: no HTML in a string and no style in an attribute, which a strict
 * policy forbids, and text that is never more than text.
 */

type Value = string | number | boolean | null | ((event: never) => void);
type Attributes = Readonly<Record<string, Value>>;
type Child = Node | string;

/** `onclick` and the like listen; all else is an attribute, that is there, away or has a text. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return dressed(document.createElement(name), attributes, children);
}

export function draw<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  return dressed(node, attributes, children);
}

function dressed<Node extends Element>(
  node: Node,
  attributes: Attributes,
  children: readonly Child[],
): Node {
  mark(node, attributes);
  node.append(...children);
  return node;
}

export function mark(node: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value as EventListener);
    else if (value === null || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Only what is new: a text that is set again is read out again, and loses its selection. */
export function say(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
