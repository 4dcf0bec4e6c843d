/** The small parts that views are made of. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { LANGUAGE, say, sayWord } from "./texts.ts";
import { agoWords, STATE_SIGNS, shortDigest } from "./words.ts";

/**
 * The heading of a view. It takes the focus, so that a keyboard or a reader goes on from there: in
 * the moment in which it is shown. A moment later it would take it from whoever is on the way.
 */
export function Title({ text, children }: { text: string; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    document.title = `${text} · ${say("product")}`;
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [text]);
  return (
    <div class="title">
      <h1 ref={heading} tabIndex={-1}>
        {text}
      </h1>
      {children}
    </div>
  );
}

export function State({ state }: { state: string }) {
  return (
    <span class={`state ${state}`}>
      <span aria-hidden="true">{STATE_SIGNS[state]}</span> {sayWord("state", state)}
    </span>
  );
}

const CLOCK = new Intl.DateTimeFormat(LANGUAGE, {
  ...({ year: "numeric", month: "short", day: "numeric" } as const),
  ...({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const),
});

export function Ago({ at }: { at: number }) {
  const ms = Date.now() - at;
  return (
    <time dateTime={new Date(at).toISOString()} title={CLOCK.format(at)}>
      {agoWords(ms)}
    </time>
  );
}

export function Instant({ at }: { at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{CLOCK.format(at)}</time>;
}

export function Digest({ digest }: { digest: string }) {
  return (
    <code class="digest" title={digest}>
      {shortDigest(digest)}
    </code>
  );
}

/** The place is there before the words are, or a reader would not say them. */
export function Problem({ text }: { text: string | undefined }) {
  return (
    <div role="alert" class={text === undefined ? "" : "problem"}>
      {text}
    </div>
  );
}

/**
 * The choices of a list whose field is the browser's own: what is chosen first is a default. A value
 * that the page sets would be set again with each rendering, over what somebody has just chosen.
 */
export function Options(props: { chosen: string; of: readonly (readonly [string, string])[] }) {
  return (
    <>
      {props.of.map(([value, words]) => (
        <option key={value} value={value} selected={value === props.chosen}>
          {words}
        </option>
      ))}
    </>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}
