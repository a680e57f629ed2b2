import { join } from "node:path";
import { expect, test } from "vitest";
import type { Report } from "../../src/debug/report.ts";
import { createHarness } from "../bench/debug-harness.ts";
import { createManualClock } from "./clock.ts";
import { plant } from "./planted.ts";

const load = "def load_rates(path):\n    with open(path) as file:\n        return dict(line.split() for line in file)\n";

async function investigate(files: Readonly<Record<string, string>>, error_trace: string): Promise<Report> {
  using shop = plant(files, { git: false });
  const env = { GIT_CEILING_DIRECTORIES: join(shop.folder, "..") };
  using harness = createHarness(shop.folder, { env, clock: createManualClock() });
  return (await harness.investigate({ problem_description: "It fails", error_traces: [error_trace] })).report;
}

const trace = (error: string, ...frames: readonly (readonly [file: string, line: number, name: string])[]): string =>
  [
    "Traceback (most recent call last):",
    ...frames.map(([file, line, name]) => `  File "${file}", line ${line}, in ${name}`),
    error,
  ].join("\n");

test("the function that produced the value, in an imported file, follows the failing frame", async () => {
  const files = {
    "money/rates.py": load,
    "money/convert.py":
      'from money.rates import load_rates\n\n\ndef convert(amount, currency):\n    rates = load_rates("rates.txt")\n    rate = rates[currency]\n    return amount * rates[currency] + 1\n',
  };
  const { root_cause } = await investigate(
    files,
    trace('TypeError: can only concatenate str (not "int") to str', ["money/convert.py", 7, "convert"]),
  );
  expect(root_cause[0]).toMatchObject({ file: "money/convert.py", line: 7, name: "convert" });
  expect(root_cause[1]).toMatchObject({ file: "money/rates.py", line: 3, name: "load_rates" });
  expect(root_cause[1]?.evidence[0]).toEqual({
    kind: "flow",
    text: "load_rates produces the value `rates` that fails here: money/convert.py:7, called at money/convert.py:5.",
  });
});

test("follows a value through parameters to its source, and to the line that returns nothing", async () => {
  const files = {
    "shop.py":
      "def find_user(users, name):\n    for user in users:\n        if user.name == name:\n            return user\n    return None\n\n\ndef greet(user):\n    return user.name.title()\n\n\ndef main(users):\n    found = find_user(users, 'Ada')\n    print(greet(user=found))\n",
  };
  const { root_cause } = await investigate(
    files,
    trace("AttributeError: 'NoneType' object has no attribute 'name'", ["shop.py", 14, "main"], ["shop.py", 9, "greet"]),
  );
  expect(root_cause[0]).toMatchObject({ line: 9, name: "greet" });
  expect(root_cause[1]).toMatchObject({
    line: 5,
    name: "find_user",
    claim: expect.stringContaining("produces the value `user`"),
  });
});

test("an attribute of an object leads to the function that set it, also in TypeScript", async () => {
  const files = {
    "src/rates.ts": "export function loadRates(): unknown {\n  return undefined;\n}\n",
    "src/shop.ts":
      'import { loadRates } from "./rates.ts";\n\nexport class Shop {\n  constructor() {\n    this.rates = loadRates();\n  }\n\n  convert(amount: number): number {\n    return amount * this.rates.eur;\n  }\n}\n',
  };
  const error = "TypeError: Cannot read properties of undefined (reading 'eur')\n    at Shop.convert (src/shop.ts:9:31)";
  const { root_cause } = await investigate(files, error);
  expect(root_cause[1]).toMatchObject({ file: "src/rates.ts", line: 2, name: "loadRates" });
});

test("an error that the code raises itself has no value source", async () => {
  const files = { "a.py": `${load}\n\ndef go():\n    rates = load_rates("x")\n    raise RateError(rates)\n` };
  const { root_cause } = await investigate(files, trace("RateError: x", ["a.py", 8, "go"]));
  expect(JSON.stringify(root_cause)).not.toContain('"flow"');
});
