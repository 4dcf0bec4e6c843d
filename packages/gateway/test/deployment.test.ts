/** "docs/deployment.md starts gateways that start": its files are what they should be. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { parse, parseAllDocuments } from "yaml";
import { doctorCommand } from "../src/command/doctor.ts";
import { gatewayCommand } from "../src/command/gateway.ts";
import { durationOf } from "../src/quantity.ts";
import { exampleOf, PAGE } from "./page.ts";
import { directivesOf } from "./systemd-unit.ts";

/** What the command reads of these words; throws for a flag, or a value, that it does not have. */
function read(command: Command, words: readonly string[]): Readonly<Record<string, unknown>> {
  ok(words.length > 0);
  command.exitOverride().configureOutput({ writeErr: () => {} });
  const { operands, unknown } = command.parseOptions([...words]);
  deepEqual([...operands, ...unknown], []);
  return command.opts();
}

const WRONG = ["--upstraem=http://127.0.0.1:3000", "--wait=soon", "--log-level=loud", "stray"];

for (const word of WRONG) {
  test(`${word} would be found in an example`, () => {
    throws(() => read(gatewayCommand(), [word]));
  });
}

/** A member of what YAML was read as. Throws where there is none. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    found = (found as Readonly<Record<string | number, unknown>> | undefined)?.[step];
    if (found === undefined || found === null) throw new Error(`There is no ${path.join(".")}.`);
  }
  return found;
}

const named = (list: unknown, name: string): unknown => {
  const found = (list as readonly unknown[]).find((each) => at(each, "name") === name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
};

const UNIT = exampleOf("systemd", "ini");

/** The only directive of a name. */
function directiveOf(name: string): string {
  const values = directivesOf(UNIT).flatMap((each) => (each.name === name ? [each.value] : []));
  equal(values.length, 1, name);
  return values[0] ?? "";
}

test("the systemd unit has directives that systemd knows, each in its section", () => {
  const sections = new Set(directivesOf(UNIT).map(({ section }) => section));
  deepEqual([...sections], ["Unit", "Service", "Install"]);
  for (const [right, wrong] of [
    ["Restart=", "Restrat="],
    ["TimeoutStopSec=", "StopTimeoutSec="],
    ["[Service]\n", "[Service]\nWantedBy=a.target\n"],
    ["[Service]", "[Sevrice]"],
    ["DynamicUser=yes", "DynamicUser: yes"],
  ] as const) {
    ok(UNIT.includes(right));
    throws(() => directivesOf(UNIT.replace(right, wrong)), wrong);
  }
});

test("the systemd unit starts a gateway with flags that it has, and waits longer than it", () => {
  const [, command, ...words] = directiveOf("ExecStart").split(" ");
  equal(command, "gateway");
  const flags = read(gatewayCommand(), words);
  ok(Number(directiveOf("TimeoutStopSec")) * 1_000 > Number(flags.stopTimeout));
  ok(directiveOf("ExecStartPost").endsWith(` http://${flags.admin}/ready`));
  const [credential] = directiveOf("LoadCredential").split(":");
  equal(flags.sealKeys, `%d/${credential}`);
  const [variable, store = ""] = directiveOf("Environment").split("=");
  ok(variablesOf(gatewayCommand()).includes(variable ?? ""));
  ok(store.includes(`%S/${directiveOf("StateDirectory")}/`));
});

const variablesOf = (command: Command) => command.options.flatMap(({ envVar }) => envVar ?? []);

test("the Kubernetes manifest gives the gateway flags that it has, and time to end", () => {
  const documents = parseAllDocuments(exampleOf("Kubernetes", "yaml"));
  deepEqual(
    documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]),
    [],
  );
  const [deployment, service] = documents.map((each) => each.toJS() as unknown);
  deepEqual([at(deployment, "kind"), at(service, "kind")], ["Deployment", "Service"]);
  const pod = at(deployment, "spec", "template", "spec");
  const [app, gateway] = ["app", "gateway"].map((name) => named(at(pod, "containers"), name));
  deepEqual(at(gateway, "command"), ["oncekey", "gateway"]);
  const flags = read(gatewayCommand(), at(gateway, "args") as string[]);

  const ports = at(gateway, "ports");
  const portIn = (address: unknown) => Number(String(address).split(":").at(-1));
  equal(at(named(ports, "http"), "containerPort"), portIn(flags.listen));
  equal(at(named(ports, "admin"), "containerPort"), portIn(flags.admin));
  for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
    named(ports, String(at(gateway, probe, "httpGet", "port")));
  }
  named(ports, String(at(service, "spec", "ports", 0, "targetPort")));
  const labels = at(deployment, "spec", "template", "metadata", "labels");
  deepEqual(at(deployment, "spec", "selector", "matchLabels"), labels);
  deepEqual(at(service, "spec", "selector"), labels);

  const sleepOf = (container: unknown) =>
    Number(at(container, "lifecycle", "preStop", "sleep", "seconds"));
  const ending = sleepOf(gateway) + Number(flags.stopTimeout) / 1_000;
  ok(sleepOf(app) > ending, "the application outlives its gateway");
  ok(Number(at(pod, "terminationGracePeriodSeconds")) > sleepOf(app));
  for (const { name } of at(gateway, "env") as { readonly name: string }[]) {
    const known = [...variablesOf(gatewayCommand()), "ONCEKEY_SEAL_KEYS"];
    ok(known.includes(name), name);
  }
});

test("Envoy's configuration takes the client's header off before it asks whose it is", () => {
  const envoy: unknown = parse(exampleOf("Envoy in front", "yaml"), { strict: true });
  const listener = at(envoy, "static_resources", "listeners", 0);
  const manager = at(listener, "filter_chains", 0, "filters", 0, "typed_config");
  equal(at(manager, "use_remote_address"), true);
  const options = at(manager, "common_http_protocol_options");
  equal(at(options, "headers_with_underscores_action"), "REJECT_REQUEST");

  const filters = at(manager, "http_filters") as readonly unknown[];
  const names = filters.map((filter) => String(at(filter, "name")).split(".").at(-1));
  deepEqual(names, ["header_mutation", "ext_authz", "buffer", "router"]);
  const [mutation, authz, buffer] = filters.map((filter) => at(filter, "typed_config"));
  deepEqual(at(mutation, "mutations", "request_mutations"), [{ remove: "x-user-id" }]);
  const allowed = at(authz, "http_service", "authorization_response", "allowed_upstream_headers");
  deepEqual(at(allowed, "patterns"), [{ exact: "x-user-id" }]);
  equal(at(authz, "failure_mode_allow"), false);
  equal(at(buffer, "max_request_bytes"), 1024 * 1024);

  const text = JSON.stringify(envoy);
  for (const absent of ["retry_policy", "request_headers_to_remove"]) {
    ok(!text.includes(absent), absent);
  }
  const clusters = at(envoy, "static_resources", "clusters");
  const routes = at(manager, "route_config", "virtual_hosts", 0, "routes");
  const gateway = named(clusters, String(at(routes, 0, "route", "cluster")));
  named(clusters, String(at(authz, "http_service", "server_uri", "cluster")));
  const protocol = at(
    gateway,
    "typed_extension_protocol_options",
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  );
  const idle = String(at(protocol, "common_http_protocol_options", "idle_timeout"));
  ok(durationOf("idle_timeout", idle) < 65_000, "before the gateway closes them");
  ok(
    durationOf("timeout", String(at(routes, 0, "route", "timeout"))) > 35_000,
    "--wait, --timeout",
  );
});

test("the doctor is called with flags that it has", () => {
  const [, called = ""] = /^oncekey doctor (.*)$/m.exec(PAGE) ?? [];
  read(doctorCommand(), called.replace("…", "x").split(" "));
});
