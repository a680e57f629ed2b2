import { expect, test } from "vitest";
import { colourLevel, progressMode } from "../../../src/reports/index.ts";

const auto = { flag: "auto", isTTY: true, env: {} } as const;

test.each([
  ["a terminal gets redrawn lines", auto, "live"],
  ["a pipe gets plain lines", { ...auto, isTTY: undefined }, "plain"],
  ["CI gets plain lines, even with a terminal", { ...auto, env: { CI: "true" } }, "plain"],
  ["CI=false is not CI", { ...auto, env: { CI: "false" } }, "live"],
  ["an empty CI is not CI", { ...auto, env: { CI: "" } }, "live"],
  ["a dumb terminal gets plain lines", { ...auto, env: { TERM: "dumb" } }, "plain"],
  ["a pty without a width gets plain lines", { ...auto, columns: 0 }, "plain"],
  ["plain overrides the terminal", { ...auto, flag: "plain" }, "plain"],
  ["none overrides the terminal", { ...auto, flag: "none" }, "none"],
  ["quiet overrides the flag", { ...auto, flag: "plain", quiet: true }, "none"],
] as const)("%s", (_, about, mode) => {
  expect(progressMode(about)).toBe(mode);
});

test.each([
  ["a terminal has the colours that TERM names", true, { TERM: "xterm-256color" }, 2],
  ["a plain terminal has 16", true, { TERM: "xterm" }, 1],
  ["a pipe has none", undefined, { TERM: "xterm-256color" }, 0],
  ["NO_COLOR disables colours", true, { TERM: "xterm-256color", NO_COLOR: "1" }, 0],
  ["an empty NO_COLOR does not", true, { TERM: "xterm-256color", NO_COLOR: "" }, 2],
  ["FORCE_COLOR enables colours in a pipe", false, { FORCE_COLOR: "1" }, 1],
  ["FORCE_COLOR=0 disables colours", true, { TERM: "xterm-256color", FORCE_COLOR: "0" }, 0],
  ["FORCE_COLOR overrides NO_COLOR", false, { FORCE_COLOR: "3", NO_COLOR: "1" }, 3],
  ["a dumb terminal has none", true, { TERM: "dumb" }, 0],
])("%s", (_, isTTY, env, level) => {
  expect(colourLevel({ isTTY, env })).toBe(level);
});
