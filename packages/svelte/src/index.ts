/** One intent of a person as a Svelte store and attachment. All decisions are made in `oncekey/client`. */
export {
  type ButtonProps,
  type FormProps,
  type IdempotentStore,
  type IdempotentSubmit,
  idempotentSubmit,
} from "./idempotent-submit.ts";
