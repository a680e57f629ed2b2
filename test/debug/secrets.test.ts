import { expect, test } from "vitest";
import { createHarness } from "../bench/debug-harness.ts";
import { has } from "../bench/programs.ts";
import { examples, pem } from "../secrets/examples.ts";
import { createManualClock } from "./clock.ts";
import { plant } from "./planted.ts";

const token = examples.find(({ rule }) => rule === "github")?.secret ?? "";
/** A line with a token at each length at which lines are cut. */
const long_line = [160, 200, 300].reduce((line, end) => `${line.padEnd(end - 13, "x")} ${token} `, "    raise Bad('");
const key = pem("RSA ", 600);
const source = ['KEY = """', key, '"""', "def price(row):", `${long_line}')`, "    return row['price']", ""].join("\n");
const raised_at = source.split("\n").length - 2;
const trace = [
  "Traceback (most recent call last):",
  `  File "shop.py", line ${raised_at}, in price`,
  `${long_line}')`,
  `Bad: ${"y".repeat(990)} ${token}`,
].join("\n");

test.each(["with git", "without git"])("no excerpt contains a part of a secret: %s", async (how) => {
  const with_git = how === "with git";
  if (with_git && !has("git")) return;
  using shop = plant({ "shop.py": source }, { git: with_git });
  using harness = createHarness(shop.folder, { clock: createManualClock() });
  const { report } = await harness.investigate({
    problem_description: `price fails ${token}`,
    error_traces: [trace],
    affected_files: ["shop.py"],
    analysis_depth: "deep",
  });
  const text = JSON.stringify(report);
  expect(report.root_cause[0]).toMatchObject({ file: "shop.py", name: "price", line: raised_at });
  expect(text).toContain("[redacted: ");
  // The start of a token would already make it easier to guess.
  expect(text).not.toContain(token.slice(0, 8));
  for (const line of key.split("\n").slice(1, -1)) expect(text).not.toContain(line);
});
