/** What `Content-Type` and `Content-Encoding` say, and the parameters of such fields. */

/** Type and subtype in lower case, without parameters. `""` when there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType?.split(";", 1)[0] ?? "").trim().toLowerCase();
}

export const isJson = (type: string): boolean =>
  type === "application/json" || type === "text/json" || type.endsWith("+json");
export const isUrlencoded = (type: string): boolean => type === "application/x-www-form-urlencoded";
export const isMultipart = (type: string): boolean => type === "multipart/form-data";

/** In lower case; `""` when the body is as it is. */
export function contentEncoding(field: string | undefined): string {
  const coding = field?.trim().toLowerCase() ?? "";
  return coding === "identity" ? "" : coding;
}

const PARAMETER = /;[ \t]*([!#$%&'*+.^_`|~0-9a-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^";\s]+))[ \t]*/iy;

/** The first parameter of that name (RFC 9110, section 5.6.6), its quotes and escapes undone. */
export function parameter(field: string, name: string): string | undefined {
  PARAMETER.lastIndex = Math.max(field.indexOf(";"), 0);
  for (let match = PARAMETER.exec(field); match !== null; match = PARAMETER.exec(field)) {
    const [, found = "", quoted, bare] = match;
    if (found.toLowerCase() === name) return quoted?.replaceAll(/\\(.)/g, "$1") ?? bare;
  }
  return undefined;
}
