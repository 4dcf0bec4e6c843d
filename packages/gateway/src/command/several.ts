/** What commander makes of an option that may be repeated: the list of what was said, in order. */
export const several = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];
