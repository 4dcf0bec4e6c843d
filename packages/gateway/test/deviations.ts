/** What a gateway cannot keep of what adapters promise, and why. The guide prints the reasons. */

export function deviationOf(_name: string): string | undefined {
  return undefined;
}
