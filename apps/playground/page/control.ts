/** Asks the restaurant to kill, freeze, cut and the like, with the token that this page was given. */
const told = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name=playground-${name}]`)?.content ?? "";

const token = told("token");
/** Whether the store can commit effect and record together. */
export const hasTransactions: boolean = told("transactions") === "yes";
/** How long an owner may be silent, in ms. */
export const leaseMs: number = Number(told("lease"));

export async function control(name: string, asked: object = {}): Promise<void> {
  await fetch(`/controls/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-playground-token": token },
    body: JSON.stringify(asked),
  });
}
