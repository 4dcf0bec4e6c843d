/** Signs somebody in. It imports nothing but its style: it is put into the page whole. */
import "./page.css";

const form = document.querySelector("form");
const alert = document.querySelector<HTMLElement>("[role=alert]");

function say(words: string): void {
  if (alert === null) return;
  alert.textContent = words;
  alert.className = words === "" ? "" : "problem";
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  const fields = Object.fromEntries(new FormData(form));
  try {
    const response = await fetch(`${form.dataset.base}api/sign-in`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Oncekey-Dashboard": "1" },
      body: JSON.stringify(fields),
    });
    if (response.ok) return location.reload();
    const { message } = await response.json();
    say(String(message));
    form.querySelector<HTMLInputElement>("[type=password]")?.select();
  } catch {
    say(alert?.dataset.unreachable ?? "");
  }
});
