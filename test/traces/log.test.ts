import { join } from "node:path";
import { expect, test } from "vitest";
import { readLogEnd } from "../../src/traces/index.ts";
import { Rig } from "../support/rig.ts";

test("reads the end of a log and never half a character", async () => {
  await using rig = new Rig();
  const path = rig.write("log", "aä宽");
  expect(readLogEnd(path, 100)).toEqual({ text: "aä宽", bytes: 6, cut: false });
  expect(readLogEnd(path, 6)).toEqual({ text: "aä宽", bytes: 6, cut: false });
  expect(readLogEnd(path, 5)).toEqual({ text: "ä宽", bytes: 6, cut: true });
  expect(readLogEnd(path, 4)).toEqual({ text: "宽", bytes: 6, cut: true });
  expect(readLogEnd(path, 2)).toEqual({ text: "", bytes: 6, cut: true });
  expect(readLogEnd(path, 0)).toEqual({ text: "", bytes: 6, cut: true });
});

test("returns nothing for a missing log or a folder in its place", async () => {
  await using rig = new Rig();
  expect(readLogEnd(join(rig.folder, "none"), 10)).toBeUndefined();
  expect(readLogEnd(rig.folder, 10)).toBeUndefined();
});
