import { expect, test } from "vitest";
import { buildPrompt } from "../../../src/adapters/turn/prompt.ts";

const parts = {
  description: "Write the report.",
  input: {},
  upstream_results: {},
  upstream_failures: {},
  output_schema: undefined,
  previous: undefined,
  is_continued: false,
};

test("a prompt lists the dependencies that did not succeed, and why", () => {
  const failure = { status: "error", error_kind: "exit", error: "The command exited with 1." };
  const prompt = buildPrompt({ ...parts, upstream_failures: { build: failure } });
  expect(prompt).toMatch(/^Write the report\.\n\nEarlier tasks that did not succeed:\n\n<failures-\w+>\n/);
  expect(prompt).toContain(JSON.stringify({ build: failure }, undefined, 2));
  expect(buildPrompt(parts)).toBe("Write the report.\n");
});
