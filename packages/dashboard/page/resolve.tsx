/** Settles a record in doubt, in two steps: say what is known, then confirm what will be done. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { RecordPage } from "../src/api.ts";
import type { SessionView } from "../src/dashboard.ts";
import type { RecordView } from "../src/record-view.ts";
import type { Review } from "../src/resolution.ts";
import { ask, useAsked, wordsOf } from "./ask.ts";
import { Ago, Digest, Empty, Options, Problem, Title } from "./parts.tsx";
import { linkToKey } from "./route.ts";
import { Said } from "./said.tsx";
import { say, sayWord } from "./texts.ts";
import { bytesWords, shortDigest } from "./words.ts";

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
      <Title text={say("settleTitle", { key: shortDigest(id) })}>
        {record !== undefined && (
          <p class="lead">
            <Said
              name="settleLead"
              of={{
                request: record.label,
                attempt: record.attempt,
                claimed: <Ago at={record.claimedAt} />,
              }}
            />
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
          <Said
            name="nothingToSettle"
            of={{
              state: sayWord("state", record.state),
              link: <a href={linkToKey(record.id)}>{say("whatHappened")}</a>,
            }}
          />
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
      <ol class="steps" aria-label={say("steps")}>
        <li aria-current={step.name === "say" ? "step" : undefined}>{say("stepSay")}</li>
        <li aria-current={step.name === "confirm" ? "step" : undefined}>{say("stepConfirm")}</li>
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
    <form class="sheet" onSubmit={said} aria-label={say("whatIsKnown")}>
      <fieldset>
        <legend>{say("didItHappen")}</legend>
        <label class="choice">
          <input
            type="radio"
            name="happened"
            required
            checked={happened === true}
            onChange={() => setHappened(true)}
          />
          <span>
            <strong>{say("happenedLead")}</strong> {say("happened")}
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
            <strong>{say("notHappenedLead")}</strong> {say("notHappened")}
          </span>
        </label>
      </fieldset>
      {happened === true && <AnswerFields wish={wish} />}
      <label>
        {say("reasonForAudit")}
        <textarea name="reason" rows={2} required minLength={3} maxLength={500}>
          {wish?.reason}
        </textarea>
      </label>
      <p class="actions">
        <button type="submit" class="primary">
          {say("review")}
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
      <legend>{say("answerForRetries")}</legend>
      <div class="row">
        <label>
          {say("status")}
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
          {say("type")}
          <select name="type">
            <Options chosen={wish?.type ?? "application/json"} of={TYPES} />
          </select>
        </label>
        <label class="wide">
          {say("locationIfMade")}
          <input name="location" defaultValue={wish?.location ?? ""} placeholder="/payments/17" />
        </label>
      </div>
      <label>
        {say("body")}
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
  useLayoutEffect(() => heading.current?.focus(), []);
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
        {say(review.happened ? "confirmHappened" : "confirmNotHappened")}
      </h2>
      <p>{say(review.happened ? "willAnswer" : "willRun")}</p>
      <dl class="facts">
        <dt>{say("request")}</dt>
        <dd>{review.label}</dd>
        <dt>{say("keyTerm")}</dt>
        <dd>
          <Said name="underToken" of={{ key: <Digest digest={props.id} />, token: review.token }} />
        </dd>
        {review.answer !== undefined && <dt>{say("answer")}</dt>}
        {review.answer !== undefined && <dd>{shapeWords(review.answer)}</dd>}
        <dt>{say("reason")}</dt>
        <dd>{review.reason}</dd>
      </dl>
      {wish.body !== undefined && wish.body !== "" && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keyboard too
        <pre tabIndex={0}>{wish.body}</pre>
      )}
      <p class="actions">
        <button type="button" class="primary danger" aria-disabled={isBusy} onClick={confirm}>
          {say(review.happened ? "settleAsHappened" : "settleAsNotHappened")}
        </button>
        <button type="button" onClick={props.onBack}>
          {say("back")}
        </button>
      </p>
    </section>
  );
}

const shapeWords = ({ status, bytes, type }: NonNullable<Review["answer"]>): string =>
  say("answerShape", { status, size: bytesWords(bytes), type });

function Done({ id, happened }: { id: string; happened: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => place.current?.focus(), []);
  return (
    <div class="notice good" role="status" tabIndex={-1} ref={place}>
      <p>
        <strong>{say("settled")}</strong> {say(happened ? "settledAnswer" : "settledReleased")}
      </p>
      <p>
        {happened && <a href={linkToKey(id)}>{say("whatHappenedToKey")}</a>}{" "}
        <a href="#/in-doubt">{say("whatElse")}</a>
      </p>
    </div>
  );
}
