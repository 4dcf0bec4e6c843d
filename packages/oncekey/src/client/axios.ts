/** axios over the client: the same sends and the same errors. axios keeps what it does with answers. */
import {
  type IdempotentFetch,
  KeyConflict,
  OutcomeUnknown,
  RequestRefused,
  ResponseNotKept,
} from "./index.ts";

interface Instance {
  readonly interceptors: {
    readonly response: { use(answered: undefined, failed: (error: unknown) => never): unknown };
  };
}

/** The part of axios that we use, in our own words. */
interface Axios<Config extends object, Own extends Instance> {
  getAdapter(name: "fetch", config: object): (config: never) => Promise<unknown>;
  create(config: Config): Own;
}

/**
 * As `axios.create(config)`. What the client throws comes out as it is, and not as an `AxiosError`;
 * a refusal by status stays one. The `fetchOptions` of a call may hold `key` and `intent`.
 *
 * @example const api = idempotentAxios(axios, send, { baseURL: "https://api.example" });
 */
export function idempotentAxios<Config extends object, Own extends Instance>(
  axios: Axios<Config, Own>,
  send: IdempotentFetch,
  config?: Config,
): Own {
  const fetch = async (input: Request, init?: RequestInit): Promise<Response> => {
    try {
      return await send(input, init);
    } catch (error) {
      // Wrapped, since axios writes into the `response` of whatever it is told went wrong.
      throw isOurs(error) ? new Error("The client has no answer.", { cause: error }) : error;
    }
  };
  const adapter = axios.getAdapter("fetch", { env: { fetch, Request, Response } });
  const api = axios.create({ ...config, adapter } as unknown as Config);
  api.interceptors.response.use(undefined, (error) => {
    const wrapped = (error as { cause?: { cause?: unknown } } | undefined)?.cause?.cause;
    throw isOurs(wrapped) ? wrapped : error;
  });
  return api;
}

const isOurs = (error: unknown): boolean =>
  [OutcomeUnknown, KeyConflict, RequestRefused, ResponseNotKept].some(
    (Ours) => error instanceof Ours,
  );
