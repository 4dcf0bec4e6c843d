/** Each client, as its own pages show it, sending one POST. What it resolves with is "ok". */
import { MutationObserver, QueryClient } from "@tanstack/query-core";
import axios from "axios";
import axiosRetry from "axios-retry";
import got from "got";
import ky from "ky";
import { ofetch } from "ofetch";
import { createIdempotentFetch } from "oncekey/client";
import pRetry from "p-retry";
import Stripe from "stripe";

const json = { dish: "soup" };
const init = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(json),
};

/** @param {string} url */
async function fetched(url) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response;
}

/** @param {number} retries */
const stripe = (retries) => (/** @type {string} */ url) => {
  const { hostname: host, port } = new URL(url);
  const client = new Stripe("sk_test_nothing", {
    ...{ host, port: Number(port), protocol: "http", maxNetworkRetries: retries, telemetry: false },
  });
  return client.rawRequest("POST", "/v1/orders", json);
};

/** @typedef {(url: string) => Promise<unknown>} Send */

/** @type {Readonly<Record<string, Send>>} */
export const OTHERS = {
  fetch: fetched,
  axios: (url) => axios.post(url, json),
  "ky, defaults": (url) => ky.post(url, { json }),
  "got, defaults": (url) => got.post(url, { json }),
  "ofetch, defaults": (url) => ofetch(url, { method: "POST", body: json }),
  "axios-retry, defaults": (url) => {
    const client = axios.create();
    axiosRetry(client);
    return client.post(url, json);
  },
  'ky, methods: ["post"]': (url) => ky.post(url, { json, retry: { methods: ["post"] } }),
  "p-retry": (url) => pRetry(() => fetched(url)),
  "TanStack Query, retry: 3": (url) => {
    const client = new QueryClient();
    const mutation = new MutationObserver(client, { mutationFn: () => fetched(url), retry: 3 });
    return mutation.mutate();
  },
  "stripe-node, 2 retries": stripe(2),
  "stripe-node, 0 retries": stripe(0),
};

/** @type {Send} */
export async function oncekey(url) {
  const send = createIdempotentFetch({ server: "oncekey" });
  const response = await send(url, { method: "POST", json });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response;
}
