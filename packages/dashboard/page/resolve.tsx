/** Settles a record in doubt, in two steps: say what is known, then confirm what will be done. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { RecordPage } from "../src/api.ts";
import type { SessionView } from "../src/dashboard.ts";
import type { RecordView } from "../src/record-view.ts";
import type { Review } from "../src/resolution.ts";
import { ask, useAsked, wordsOf } from "./ask.ts";
import { Ago, Digest, Empty, Options, Problem, Title } from "./parts.tsx";
import { linkToKey } from "./route.ts";
import { bytesWords, STATE_WORDS, shortDigest } from "./words.ts";

interface Wish {
  readonly token: number;
  readonly happened: boolean;
  readonly reason: string;
  readonly status?: number;
  readonly type?: string;
  readonly body?: string;
  readonly location?: string;
}

type Step =
  | { readonly name: "say"; readonly wish?: Wish }
  | { readonly name: "confirm"; readonly wish: Wish; readonly review: Review }
  | { readonly name: "done"; readonly happened: boolean };

export function Resolve({ id, session }: { id: string; session: SessionView | undefined }) {
  const { answer, error } = useAsked(id, () => ask<RecordPage>(`records/${id}`));
  const [step, setStep] = useState<Step>({ name: "say" });
  const record = answer?.record;
  return (
    <>
      <Title text={`Settle ${shortDigest(id)}`}>
        {record !== undefined && (
          <p class="lead">
            {record.label} · owner {record.attempt} · claimed <Ago at={record.claimedAt} />
          </p>
        )}
      </Title>
      <Problem text={error} />
      {step.name === "done" && <Done id={id} happened={step.happened} />}
      {step.name !== "done" && record !== undefined && (
        <Steps record={record} session={session} step={step} onStep={setStep} />
      )}
    </>
  );
}

function Steps(props: {
  record: RecordView;
  session: SessionView | undefined;
  step: Exclude<Step, { name: "done" }>;
  onStep(step: Step): void;
}) {
  const { record, session, step, onStep } = props;
  const [problem, setProblem] = useState<string>();

  if (record.state !== "in-doubt") {
    return (
      <Empty>
        <p>
          This record is {STATE_WORDS[record.state]}: there is nothing to settle.{" "}
          <a href={linkToKey(record.id)}>What happened to it</a>
        </p>
      </Empty>
    );
  }
  if (session?.readOnly !== undefined) return <Empty>{session.readOnly}</Empty>;

  async function take(question: () => Promise<Step>) {
    setProblem(undefined);
    try {
      onStep(await question());
    } catch (error) {
      setProblem(wordsOf(error));
    }
  }

  return (
    <>
      <ol class="steps" aria-label="Steps">
        <li aria-current={step.name === "say" ? "step" : undefined}>Say what is known</li>
        <li aria-current={step.name === "confirm" ? "step" : undefined}>Confirm</li>
      </ol>
      <Problem text={problem} />
      {step.name === "say" ? (
        <Say
          token={record.token}
          wish={step.wish}
          onSaid={(wish) =>
            take(async () => {
              const review = await ask<Review>(`records/${record.id}/review`, wish);
              return { name: "confirm", wish, review };
            })
          }
        />
      ) : (
        <Confirm
          id={record.id}
          step={step}
          onBack={() => onStep({ name: "say", wish: step.wish })}
          onConfirmed={() =>
            take(async () => {
              const { confirmation } = step.review;
              await ask(`records/${record.id}/resolve`, { ...step.wish, confirmation });
              return { name: "done", happened: step.wish.happened };
            })
          }
        />
      )}
    </>
  );
}

function Say({
  token,
  wish,
  onSaid,
}: {
  token: number;
  wish: Wish | undefined;
  onSaid(wish: Wish): void;
}) {
  const [happened, setHappened] = useState(wish?.happened);

  function said(event: SubmitEvent) {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement) || happened === undefined) return;
    const fields = new FormData(event.currentTarget);
    const value = (name: string) => String(fields.get(name) ?? "");
    const common = { token, happened, reason: value("reason") };
    if (!happened) return onSaid(common);
    const { status, type, body, location } = Object.fromEntries(
      ["status", "type", "body", "location"].map((name) => [name, value(name)]),
    ) as { status: string; type: string; body: string; location: string };
    onSaid({ ...common, status: Number(status), type, body, location });
  }

  return (
    <form class="sheet" onSubmit={said} aria-label="What is known">
      <fieldset>
        <legend>Did it happen?</legend>
        <label class="choice">
          <input
            type="radio"
            name="happened"
            required
            checked={happened === true}
            onChange={() => setHappened(true)}
          />
          <span>
            <strong>It happened.</strong> Every retry gets the answer that you attach, and nothing
            runs.
          </span>
        </label>
        <label class="choice">
          <input
            type="radio"
            name="happened"
            required
            checked={happened === false}
            onChange={() => setHappened(false)}
          />
          <span>
            <strong>It did not happen, and cannot happen any more.</strong> The record is released,
            and the next retry runs. An owner that only stands still may yet go on: make sure that
            it is gone.
          </span>
        </label>
      </fieldset>
      {happened === true && <AnswerFields wish={wish} />}
      <label>
        Reason, for the audit log
        <textarea name="reason" rows={2} required minLength={3} maxLength={500}>
          {wish?.reason}
        </textarea>
      </label>
      <p class="actions">
        <button type="submit" class="primary">
          Review
        </button>
      </p>
    </form>
  );
}

const TYPES = [
  ["application/json", "application/json"],
  ["text/plain", "text/plain"],
] as const;

function AnswerFields({ wish }: { wish: Wish | undefined }) {
  return (
    <fieldset>
      <legend>The answer that retries get</legend>
      <div class="row">
        <label>
          Status
          <input
            class="short"
            name="status"
            type="number"
            min={200}
            max={599}
            required
            defaultValue={String(wish?.status ?? 201)}
          />
        </label>
        <label>
          Type
          <select name="type">
            <Options chosen={wish?.type ?? "application/json"} of={TYPES} />
          </select>
        </label>
        <label class="wide">
          Location, if something was made
          <input name="location" defaultValue={wish?.location ?? ""} placeholder="/payments/17" />
        </label>
      </div>
      <label>
        Body
        <textarea name="body" rows={6} class="code" spellcheck={false} placeholder='{ "id": 17 }'>
          {wish?.body}
        </textarea>
      </label>
    </fieldset>
  );
}

function Confirm(props: {
  id: string;
  step: { readonly wish: Wish; readonly review: Review };
  onBack(): void;
  onConfirmed(): Promise<void>;
}) {
  const { review, wish } = props.step;
  const heading = useRef<HTMLHeadingElement>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => heading.current?.focus(), []);
  async function confirm() {
    // A second press must not ask twice: the button keeps its focus and does nothing.
    if (isBusy) return;
    setBusy(true);
    await props.onConfirmed();
    setBusy(false);
  }
  return (
    <section class="sheet" aria-labelledby="confirm" aria-busy={isBusy}>
      <h2 id="confirm" tabIndex={-1} ref={heading}>
        {review.happened ? "Settle as happened?" : "Settle as not happened?"}
      </h2>
      <p>
        {review.happened
          ? "From now on every retry of this key gets this answer. It cannot be taken back."
          : "The record is forgotten, and the next retry of this key runs. It cannot be taken back."}
      </p>
      <dl class="facts">
        <dt>Request</dt>
        <dd>{review.label}</dd>
        <dt>Key</dt>
        <dd>
          <Digest digest={props.id} />, under token {review.token}
        </dd>
        {review.answer !== undefined && <dt>Answer</dt>}
        {review.answer !== undefined && (
          <dd>
            {review.answer.status}, {bytesWords(review.answer.bytes)} of {review.answer.type}
          </dd>
        )}
        <dt>Reason</dt>
        <dd>{review.reason}</dd>
      </dl>
      {wish.body !== undefined && wish.body !== "" && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keyboard too
        <pre tabIndex={0}>{wish.body}</pre>
      )}
      <p class="actions">
        <button type="button" class="primary danger" aria-disabled={isBusy} onClick={confirm}>
          {review.happened ? "Settle as happened" : "Settle as not happened"}
        </button>
        <button type="button" onClick={props.onBack}>
          Back
        </button>
      </p>
    </section>
  );
}

function Done({ id, happened }: { id: string; happened: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <div class="notice good" role="status" tabIndex={-1} ref={place}>
      <p>
        <strong>Settled.</strong>{" "}
        {happened
          ? "Every retry gets the answer that you attached."
          : "The record is released: the next retry runs."}
      </p>
      <p>
        {happened && <a href={linkToKey(id)}>What happened to this key</a>}{" "}
        <a href="#/in-doubt">What else is in doubt</a>
      </p>
    </div>
  );
}
