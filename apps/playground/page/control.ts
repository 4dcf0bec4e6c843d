/** Asks the restaurant to kill, freeze, cut and the like, with the token that this page was given. */
const token = document.querySelector<HTMLMetaElement>("meta[name=playground-token]")?.content ?? "";

export async function control(name: string, asked: object = {}): Promise<void> {
  await fetch(`/controls/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-playground-token": token },
    body: JSON.stringify(asked),
  });
}
