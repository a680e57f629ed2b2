import { expect, test } from "vitest";
import { colourLevel, progressMode } from "../../../src/reports/index.ts";

const auto = { flag: "auto", isTTY: true, env: {} } as const;

test.each([
  ["a terminal is drawn on", auto, "live"],
  ["a pipe gets lines", { ...auto, isTTY: undefined }, "plain"],
  ["CI gets lines, even with a terminal", { ...auto, env: { CI: "true" } }, "plain"],
  ["CI=false is no CI", { ...auto, env: { CI: "false" } }, "live"],
  ["an empty CI is no CI", { ...auto, env: { CI: "" } }, "live"],
  ["a dumb terminal gets lines", { ...auto, env: { TERM: "dumb" } }, "plain"],
  ["a pty that does not know its width gets lines", { ...auto, columns: 0 }, "plain"],
  ["plain is plain on a terminal too", { ...auto, flag: "plain" }, "plain"],
  ["none is none", { ...auto, flag: "none" }, "none"],
  ["quiet wins over everything", { ...auto, flag: "plain", quiet: true }, "none"],
] as const)("%s", (_, about, mode) => {
  expect(progressMode(about)).toBe(mode);
});

test.each([
  ["a terminal has the colours that it says it has", true, { TERM: "xterm-256color" }, 2],
  ["a plain terminal has 16", true, { TERM: "xterm" }, 1],
  ["a pipe has none", undefined, { TERM: "xterm-256color" }, 0],
  ["NO_COLOR takes them away", true, { TERM: "xterm-256color", NO_COLOR: "1" }, 0],
  ["an empty NO_COLOR does not", true, { TERM: "xterm-256color", NO_COLOR: "" }, 2],
  ["FORCE_COLOR gives them to a pipe", false, { FORCE_COLOR: "1" }, 1],
  ["FORCE_COLOR=0 takes them away", true, { TERM: "xterm-256color", FORCE_COLOR: "0" }, 0],
  ["FORCE_COLOR is stronger than NO_COLOR", false, { FORCE_COLOR: "3", NO_COLOR: "1" }, 3],
  ["a dumb terminal has none", true, { TERM: "dumb" }, 0],
])("%s", (_, isTTY, env, level) => {
  expect(colourLevel({ isTTY, env })).toBe(level);
});
