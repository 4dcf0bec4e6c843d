/** What `createSubmit` is told. All but `id` can be left out where a bound form says the rest. */
import type { Bodies } from "./bodies.ts";
import type { FormFacts } from "./form.ts";
import type { Asked } from "./frozen.ts";
import type { Persistence } from "./keep.ts";
import type { Messages } from "./messages.ts";
import type { RetrySettings } from "./retry.ts";
import type { Server } from "./server.ts";
import type { Tabs } from "./tabs.ts";
import type { Fetch } from "./transmit.ts";

export interface SubmitOptions<Input> {
  /** Names the form or button on its page, and what is kept of it. */
  readonly id: string;
  /** Called once for each submit. Without it a bound form is sent as the browser would send it. */
  request?(input: Input, form?: FormFacts): Asked & { readonly url: string | URL };
  readonly server?: Server;
  readonly header?: string;
  readonly timeoutMs?: number;
  readonly budgetMs?: number;
  readonly retry?: Partial<RetrySettings>;
  readonly retentionMs?: number;
  readonly fetch?: Fetch;
  /** `false` keeps nothing: a reload then forgets the key. */
  readonly persist?: false | Persistence | Bodies;
  /** How tabs with one intent agree on who sends: `tabLock()` of `oncekey/client/durable`. */
  readonly tabs?: Tabs;
  /** Names a business object, such as "cart42". Tabs that name the same one share its key. */
  readonly intent?: string;
  /** Whose intent it is. Another person is shown nothing of it. */
  principal?(): string | undefined;
  /** Without a network: hold the send, or say so at once. */
  readonly offline?: "wait" | "fail";
  /** Asks the application what became of a request, where its bytes are no longer there. */
  check?(asked: CheckAsked): CheckAnswer | Promise<CheckAnswer>;
  readonly messages?: Partial<Messages>;
  readonly onSuccess?: {
    readonly message?: string;
    /** On the page's own origin, or on one of `redirectOrigins`. */
    readonly redirect?: string;
    readonly reset?: boolean;
  };
  readonly redirectOrigins?: readonly string[];
  /** Buttons of a bound form get the real `disabled` in SUBMIT, and not `aria-disabled` alone. */
  readonly disabled?: boolean;
  /** The hidden field of a bound form that holds the key for pages without a script. */
  readonly formField?: string;
}

export interface CheckAsked {
  readonly key: string;
  readonly signal: AbortSignal;
}

export type CheckAnswer = "done" | "not-done" | "unknown";
