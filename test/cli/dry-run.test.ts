import { expect, test } from "vitest";
import { dryRunText } from "../../src/cli/dry-run.ts";

test("times that are expected are told as small as they are", () => {
  const expected_ms = { total: 12, sequential: 135, critical_path: 12_300 };
  const text = dryRunText({ levels: [["a"]], order: ["a"], critical_path: ["a"], expected_ms }, 2);
  expect(text).toContain("Expected from an earlier run: 12 ms (135 ms one by one; the critical path takes 12.3 s).");
});
