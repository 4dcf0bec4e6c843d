/** A submit as a composable: what it shows as refs, what it can be told, and what a form is bound with. */
import {
  createSubmit,
  type Flags,
  type FormElement,
  flagsOf,
  press,
  type Snapshot,
  type Submit,
  type SubmitOptions,
} from "oncekey/client";
import {
  type ComputedRef,
  computed,
  getCurrentScope,
  onMounted,
  onScopeDispose,
  shallowRef,
} from "vue";

export interface FormProps {
  /** Binds the form, and lets it go when Vue takes it away. */
  ref(element: unknown): void;
}

export interface ButtonProps {
  readonly "aria-disabled": boolean;
  /** Alone, the button submits with no input. In a form it leaves that to the form. */
  onClick(event: Event): void;
}

/** What is shown, each name of it as a ref of its own. */
type Shown<Data> = {
  readonly [Name in keyof Snapshot<Data>]: ComputedRef<Snapshot<Data>[Name]>;
} & { readonly [Name in keyof Flags]: ComputedRef<boolean> };

export type IdempotentSubmit<Input, Data> = Shown<Data> &
  Pick<Submit<Input, Data>, "submit" | "retry" | "check" | "reset"> & {
    /** For `v-bind` on a `<form>`. */
    readonly formProps: FormProps;
    /** For `v-bind` on a `<button>`. */
    readonly buttonProps: ComputedRef<ButtonProps>;
  };

/**
 * One intent for as long as the component lives, or the scope in which it was called. The options
 * are read once.
 *
 * @example const { formProps, isPending, message } = useIdempotentSubmit({ id: "checkout" });
 */
export function useIdempotentSubmit<Input = unknown, Data = unknown>(
  options: SubmitOptions<Input>,
): IdempotentSubmit<Input, Data> {
  const bound = createSubmit<Input, Data>(options);
  const { submit, retry, check, reset } = bound;
  const snapshot = shallowRef(bound.getSnapshot());
  const draw = () => {
    snapshot.value = bound.getSnapshot();
  };
  const scope = getCurrentScope();
  // Not before the page is there: a server makes no key, and a browser hydrates what it rendered.
  onMounted(() => {
    scope?.run(() => onScopeDispose(bound.subscribe(draw)));
    draw();
  });
  const shown = computed(() => ({ ...snapshot.value, ...flagsOf(snapshot.value) }));
  const names = Object.keys(shown.value) as (keyof typeof shown.value)[];
  const refs = names.map((name) => [name, computed(() => shown.value[name])]);
  const onClick = ({ currentTarget }: Event) => press(bound, currentTarget as HTMLButtonElement);
  return {
    ...(Object.fromEntries(refs) as Shown<Data>),
    ...{ submit, retry, check, reset },
    formProps: { ref: binding(bound) },
    buttonProps: computed(() => ({ "aria-disabled": shown.value.isPending, onClick })),
  };
}

/** A function for `ref`. Vue calls it after each render, and with `null` at the end. */
function binding(bound: Pick<Submit<never>, "form">): FormProps["ref"] {
  let element: unknown = null;
  let unbind = (): void => {};
  const bind = (next: unknown): void => {
    if (next === element) return;
    unbind();
    element = next;
    unbind = next ? bound.form(next as FormElement) : () => {};
  };
  onScopeDispose(() => bind(null));
  return bind;
}
