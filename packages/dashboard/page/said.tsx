/** A text with elements in its slots, such as a link or a piece of code. */
import { type ComponentChildren, Fragment } from "preact";
import { type MessageName, partsOf } from "./texts.ts";

export function Said(props: {
  name: MessageName;
  of: Readonly<Record<string, ComponentChildren>>;
}) {
  return (
    <>
      {partsOf(props.name).map((part, index) => (
        // Parts have no names of their own, and never change their order.
        <Fragment key={index}>{typeof part === "string" ? part : props.of[part.slot]}</Fragment>
      ))}
    </>
  );
}
