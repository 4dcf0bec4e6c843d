/** Plays what was recorded: the same picture, without a server. */
import { useEffect, useRef } from "preact/hooks";
import type { Stamped } from "../src/happening.ts";
import { wishOf } from "../src/wish.ts";
import { Dishes } from "./dishes.tsx";
import { Head } from "./head.tsx";
import { useShow } from "./show.ts";
import { Truth } from "./truth.tsx";
import { Wire } from "./wire.tsx";

export function Recording({ trace }: { readonly trace: readonly Stamped[] }) {
  const stage = useRef<HTMLDivElement>(null);
  const show = useShow(stage);
  const timers = useRef<ReturnType<typeof setTimeout>[]>([]);
  // Who runs is known before anything is played.
  const [cast, scenes] = [trace.filter(isCast), trace.filter((event) => !isCast(event))];
  useEffect(() => {
    for (const event of cast) show.player.push(event, false);
  }, []);

  const play = () => {
    for (const timer of timers.current) clearTimeout(timer);
    const [first] = scenes;
    show.player.push({ what: "cleared", seq: 0, at: first?.at ?? 0 }, false);
    timers.current = scenes.map((event) =>
      setTimeout(() => show.player.push(event, true), event.at - (first?.at ?? 0)),
    );
  };
  return (
    <>
      <Head show={show} />
      <main>
        <section class="look" aria-labelledby="scenario">
          <div>
            <h2 id="scenario">Three clicks, recorded</h2>
            <p>
              Three requests carried one key to three processes: one ran, and the other two got its
              answer, byte for byte. This is what happened, at the pace in which it did.
            </p>
          </div>
          <button type="button" class="play" onClick={play}>
            Play
          </button>
        </section>
        <div class="columns recorded">
          <Wire stage={stage} story={show.story} wish={wishOf(new URLSearchParams())} behind={0} />
          <Truth story={show.story} />
        </div>
        <Dishes />
      </main>
    </>
  );
}

const isCast = ({ what }: Stamped): boolean => what === "started";
