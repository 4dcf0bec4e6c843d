/** One intent of a person as React hooks. All decisions are made in `oncekey/client`. */
export {
  type IdempotentAction,
  type IdempotentActionOptions,
  useIdempotentAction,
} from "./use-idempotent-action.ts";
export {
  type ButtonProps,
  type FormProps,
  type IdempotentSubmit,
  useIdempotentSubmit,
} from "./use-idempotent-submit.ts";
