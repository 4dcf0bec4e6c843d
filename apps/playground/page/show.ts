/** Everything that has been told, shown at the pace that was chosen. */
import type { RefObject } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { fly } from "./flight.ts";
import { createPlayer, type Pace, type Player } from "./player.ts";
import { BLANK, type Story, tell } from "./story.ts";

export interface Show {
  readonly story: Story;
  readonly player: Player;
  readonly pace: Pace;
  choosePace(pace: Pace): void;
  /** Resolves as soon as what is shown is so. */
  until(is: (story: Story) => boolean): Promise<Story>;
}

type Watcher = (story: Story) => void;

interface Now {
  story: Story;
  slower: number;
  /** The one in which it will be drawn. */
  frame: number | undefined;
}

/** What flies is to be followed in slow motion too. */
const SLOWER = 3;

export function useShow(stage: RefObject<HTMLDivElement | null>): Show {
  const [story, setStory] = useState(BLANK);
  const [pace, setPace] = useState<Pace>("live");
  const now = useRef<Now>({ story: BLANK, slower: 1, frame: undefined });
  const watchers = useRef(new Set<Watcher>());
  const player = useMemo(
    () =>
      createPlayer((event, isNews) => {
        const { current } = now;
        current.story = tell(current.story, event);
        // Once a frame: a storm tells more in one than a screen can show.
        current.frame ??= requestAnimationFrame(() => {
          current.frame = undefined;
          setStory(current.story);
        });
        if (isNews && stage.current) fly(stage.current, event, current.story, current.slower);
        for (const watcher of [...watchers.current]) watcher(current.story);
      }),
    [stage],
  );
  return {
    ...{ story, player, pace },
    choosePace(next) {
      now.current.slower = next === "live" ? 1 : SLOWER;
      setPace(next);
      player.setPace(next);
    },
    until: (is) =>
      new Promise((resolve) => {
        const watch: Watcher = (seen) => {
          if (!is(seen)) return;
          watchers.current.delete(watch);
          resolve(seen);
        };
        watchers.current.add(watch);
        watch(now.current.story);
      }),
  };
}
