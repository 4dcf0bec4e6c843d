/** One intent of a person as a Vue composable. All decisions are made in `oncekey/client`. */
export {
  type ButtonProps,
  type FormProps,
  type IdempotentSubmit,
  useIdempotentSubmit,
} from "./use-idempotent-submit.ts";
