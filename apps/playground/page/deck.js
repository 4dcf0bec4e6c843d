/**
 * The deck's form: READY, SUBMIT, SUCCESS, FAIL.
 *
 * One thing differs from the slide. There every FAIL makes a new key; here only a clear no does. After
 * a lost answer the first request may have run, and a new key would be a second order.
 */
const form = document.querySelector("#form");
const button = document.querySelector("#button");
const word = document.querySelector("#word");
const spinner = document.querySelector(".spinner");
const message = document.querySelector("#message");
const sent = document.querySelector("#sent");
const ledger = document.querySelector("#ledger");

let key = "";

function enter(state) {
  for (const item of document.querySelectorAll("[data-state]")) {
    if (item.dataset.state === state) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  button.disabled = state === "SUBMIT" || state === "SUCCESS";
  spinner.hidden = state !== "SUBMIT";
  word.textContent = state === "SUBMIT" ? "Ordering" : "Order";
}

function newKey() {
  key = crypto.randomUUID();
  document.querySelector("#key").textContent = key;
}

function say(text, isBad = false) {
  message.textContent = text;
  message.classList.toggle("bad", isBad);
}

function row(number) {
  const cells = [String(number), "…", "…", "sent"].map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  });
  const line = document.createElement("tr");
  line.append(...cells);
  sent.append(line);
  return (instance, status, because) => {
    cells[1].textContent = instance;
    cells[2].textContent = status;
    cells[3].textContent = because;
  };
}

async function send(number, body) {
  const fill = row(number);
  try {
    const response = await fetch("/orders", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key, "x-guest": "ann" },
      body,
    });
    const isReplay = response.headers.get("idempotent-replayed") === "true";
    const because = isReplay ? "replay of the first" : response.ok ? "it ran" : "refused";
    fill(`API ${response.headers.get("x-instance") ?? "?"}`, response.status, because);
    const problem = response.ok ? undefined : await response.json().catch(() => undefined);
    return { ok: response.ok, status: response.status, problem };
  } catch {
    fill("–", "–", "no answer");
    return { ok: false, status: undefined, problem: undefined };
  }
}

async function showLedger() {
  const entries = await (await fetch("/ledger")).json();
  const effects = entries.filter(({ what }) => what === "effect").length;
  const mine = `${effects} ${effects === 1 ? "dish" : "dishes"} cooked since the kitchen opened`;
  ledger.textContent = `The ledger: ${mine}.`;
}

/** A clear no: the server looked at it, and this request did not and will not run. */
const isClearNo = ({ status, problem }) =>
  status >= 400 && status < 500 && status !== 409 && problem?.code !== "idempotency_conflict";

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  // Now, and not when the page is painted again: a second click of the same moment comes before that.
  if (button.disabled) return;
  enter("SUBMIT");
  say("");
  sent.replaceChildren();
  const { dish, requests } = Object.fromEntries(new FormData(form));
  const body = JSON.stringify({ dish });
  const sending = Array.from({ length: Number(requests) }, (_, index) => send(index + 1, body));
  const answers = await Promise.all(sending);
  await showLedger().catch(() => {});
  if (answers.some(({ ok }) => ok)) {
    enter("SUCCESS");
    say("Thank you. One dish is in the kitchen.");
    const link = document.createElement("a");
    link.href = "/thanks";
    link.textContent = " Continue";
    message.append(link);
    return;
  }
  const refusal = answers.find(isClearNo);
  enter("FAIL");
  say(
    refusal?.problem?.detail ?? "We could not confirm your order. Order again: it is safe.",
    true,
  );
  if (refusal !== undefined) newKey();
});

// An edit after success is a new intent.
form.addEventListener("change", () => {
  if (document.querySelector('[data-state="SUCCESS"]').hasAttribute("aria-current")) start();
});

function start() {
  newKey();
  say("");
  enter("READY");
}

start();
showLedger();
