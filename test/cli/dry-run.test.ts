import { expect, test } from "vitest";
import { dryRunText } from "../../src/cli/dry-run.ts";

test("expected durations are rendered in the unit that suits each", () => {
  const expected_ms = { total: 12, sequential: 135, critical_path: 12_300 };
  const text = dryRunText({ levels: [["a"]], order: ["a"], critical_path: ["a"], expected_ms }, 2);
  expect(text).toContain(
    "Estimated duration, from earlier runs: 12 ms (135 ms if run one by one, 12.3 s for the critical path).",
  );
});
