/** Where a server listens: `HOST:PORT`, with an IPv6 address in brackets. */
import { Complaint } from "./complaint.ts";

export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export function listenAddressOf(option: string, text: string): ListenAddress {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new Complaint(`Expected ${option} to be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080.`);
}

/** As it stands in an address of the web. */
export function originOf({ host, port }: ListenAddress): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
