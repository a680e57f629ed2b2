import { expect, test } from "vitest";
import { formatProblem } from "../../src/errors/index.ts";

test("a problem is one line; control characters and direction marks it quotes are escaped", () => {
  const message = 'unknown key "a\n\u001b[2J\u009b\u2028\u202eb\u2066".';
  expect(formatProblem({ file: "tasks.json", line: 1, column: 2, message, advice: "Remove it." })).toBe(
    'tasks.json:1:2: unknown key "a\\u000a\\u001b[2J\\u009b\\u2028\\u202eb\\u2066". Remove it.',
  );
});
