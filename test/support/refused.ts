/** What must hold when dispatch rejects its input. */
import { readdirSync } from "node:fs";
import { expect } from "vitest";
import type { Rig, StartOptions } from "./rig.ts";

/** Runs `dispatch ARGS`, expects it to reject its input (exit 2, empty stdout, no file, no stack trace), returns stderr. */
export async function refused(rig: Rig, args: readonly string[], options: StartOptions = {}): Promise<string[]> {
  const before = readdirSync(rig.folder, { recursive: true }).sort();
  const { exit_code, stdout, stderr } = await rig.run(args, options);
  expect({ exit_code, stdout }, stderr).toEqual({ exit_code: 2, stdout: "" });
  expect(readdirSync(rig.folder, { recursive: true }).sort()).toEqual(before);
  expect(stderr).not.toMatch(/^\s+at |node:internal|Error:/m);
  expect(stderr.endsWith("\n")).toBe(true);
  return stderr.slice(0, -1).split("\n");
}

/** Expects each line to contain the expected text. */
export function expectLines(lines: readonly string[], expected: readonly string[]): void {
  expect(lines.map((line, i) => (expected[i] !== undefined && line.includes(expected[i]) ? expected[i] : line))).toEqual(
    expected,
  );
}
