import { describe, expect, test } from "vitest";
import { checkCode } from "../../src/coder/checks.ts";
import { nodeTypeIn } from "../../src/coder/contract.ts";
import type { Field } from "../../src/coder/design.ts";
import { type Generated, generate } from "../../src/coder/generate.ts";
import { no_python, runPython } from "../support/python.ts";
import { contracts } from "./contracts.ts";

const make = (text: string, name?: string): Generated =>
  generate({ text, name, node_type: nodeTypeIn(text) ?? "Effect", known_fields: () => [] });

const shown = ({ name, type, is_optional }: Field): string => `${name}: ${type}${is_optional ? "?" : ""}`;

describe("reads what a contract names, and nothing else", () => {
  test.each(contracts)("$text", ({ text, fields, operations, outputs }) => {
    const { design } = make(text);
    expect(design.fields.map(shown)).toEqual(fields);
    if (operations !== undefined) expect(design.operations.map(({ name }) => name)).toEqual(operations);
    if (outputs !== undefined) expect(design.outputs.map(shown)).toEqual(outputs);
  });
});

describe("a generated module passes the strict checks", () => {
  test.each(contracts)("$text", ({ text }) => {
    const { code, design } = make(text);
    const checks = checkCode(code, { name: design.name, node_type: design.node_type, output_path: undefined });
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  });
});

const skipping = no_python === undefined ? "" : ` (skipped: ${no_python})`;

describe.skipIf(no_python !== undefined)(`a generated module passes its own self-check${skipping}`, () => {
  test.each(contracts)("$text", ({ text }) => {
    const { code, design } = make(text);
    const ended = runPython(code);
    expect(ended.stderr).toBe("");
    expect(ended).toMatchObject({ exit_code: 0 });
    expect(ended.stdout).toContain(`${design.class_name}: self-check passed`);
  });
});

test("equal contracts give equal bytes, different contracts give different nodes", () => {
  const codes = contracts.map(({ text }) => make(text).code);
  expect(contracts.map(({ text }) => make(text).code)).toEqual(codes);
  expect(new Set(codes).size).toBe(contracts.length);
});

test("if the contract names no field, the input is data and an open point says so", () => {
  const { design, code, open_points } = make("Effect node that writes user data to PostgreSQL users table");
  expect(design.fields).toEqual([]);
  expect(code).toContain("    data: dict[str, Any]");
  expect(open_points.map(({ what }) => what)).toEqual([expect.stringContaining("names no field")]);
});

test("an open point is a method that raises", () => {
  const { code, open_points } = make("Effect node that updates order status in PostgreSQL orders table");
  expect(open_points).toContainEqual({ method: "identify", what: "The contract does not say what identifies an order." });
  expect(code).toContain("def identify(self, request: ModelOrderUpdaterInput) -> dict[str, Any]:");
  expect(code).toContain("raise OpenPointError(");
});

test("retries, TTL, timeout and transaction are generated only if the contract asks for them", () => {
  const plain = make("Effect node that creates a note with a title in PostgreSQL notes table").code;
  expect(plain).not.toMatch(/RETR|TTL|TIMEOUT|transaction/);
  const asked = make(
    "Effect node that creates a note with a title in PostgreSQL notes table in a transaction. Retries 4 times with exponential backoff starting at 200 ms. Times out after 2 seconds.",
  );
  expect(asked.design).toMatchObject({
    retry: { retries: 4, delay_seconds: 0.2, backoff: "exponential" },
    timeout_seconds: 2,
    in_transaction: true,
  });
  expect(asked.code).toContain("RETRIES = 4\nRETRY_DELAY_SECONDS = 0.2\nTIMEOUT_SECONDS = 2\n");
  expect(make("Effect node that caches quotes in Redis by symbol with a TTL of 5 minutes").code).toContain(
    "TTL_SECONDS: float | None = 300",
  );
});

test("a step is undone by the contract's compensation, or else by undo_<step>", () => {
  const { design } = make(
    "Orchestrator node that places an order: reserve inventory, charge payment, and ship order; if a step fails, refund payment and release inventory",
  );
  expect(design.steps).toEqual([
    { name: "reserve_inventory", compensation: "release_inventory", is_named: true },
    { name: "charge_payment", compensation: "refund_payment", is_named: true },
    { name: "ship_order", compensation: "undo_ship_order", is_named: false },
  ]);
});

test("the model checks bounds and allowed values", () => {
  const { code } = make(
    "Effect node that sends a coupon with a positive amount, a percentage between 0 and 100, a code of at most 12 characters and a kind (fixed or relative)",
  );
  expect(code).toContain("if self.amount <= 0:");
  expect(code).toContain("if not 0 <= self.percentage <= 100:");
  expect(code).toContain("if len(self.code) > 12:");
  expect(code).toContain('if self.kind not in ("fixed", "relative"):');
});

test("a node is named after its given name, or else after the contract's words", () => {
  expect(make("Effect node that writes user data to PostgreSQL users table").design.class_name).toBe("NodeUserWriterEffect");
  expect(make("Effect node that writes user data", "NodeAccountKeeperEffect").design.class_name).toBe(
    "NodeAccountKeeperEffect",
  );
  expect(make("Effect node that writes user data", "account keeper").design.class_name).toBe("NodeAccountKeeperEffect");
});

test.each([
  "",
  "Effect node",
  "???",
  "Effect node that 😀",
  "a".repeat(5000),
  'Effect node that writes """ and \\ to "x" table',
  "Reducer",
  "Orchestrator node:",
  "Compute node that computes {}",
])("a strange contract still gives a module that parses: %j", (text) => {
  const { code, design } = make(text);
  const checks = checkCode(code, { name: design.name, node_type: design.node_type, output_path: undefined });
  expect(checks.filter(({ passed, level }) => !passed && level !== "warning")).toEqual([]);
});
