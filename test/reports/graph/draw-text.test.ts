import { stripVTControlCharacters } from "node:util";
import { Chalk } from "chalk";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { drawText, type TextOptions } from "../../../src/reports/index.ts";
import { picture } from "./picture.ts";

const draw = (tasks: Parameters<typeof picture>[0], options: Partial<TextOptions> = {}): string =>
  drawText(picture(tasks), { width: 80, unicode: true, ...options });

/** The drawing alone, without labels, head and legend. */
const lines = (tasks: Parameters<typeof picture>[0], options: Partial<TextOptions> = {}): string =>
  draw(tasks, options).split("\n\n").slice(1, -1).join("\n\n");

describe("the shape of a graph is easy to read", () => {
  test("a fan-out and a fan-in are one line each, however wide", () => {
    expect(lines("split; a: split; b: split; c: split; join: a b c")).toBe(
      `
◆      split
├─●─╮  a
├─○─┤  b
╰─○─┤  c
    ●  join`.slice(1),
    );
  });

  test("a chain is a column", () => {
    expect(lines("a; b: a; c: b")).toBe("◆  a\n●  b\n●  c");
  });

  test("a stage that waits for all tasks of another is one line", () => {
    expect(lines("a; b; c: a b; d: a b")).toBe(
      `
◆─╮    a
◇─┤    b
  ├─●  c
  ╰─○  d`.slice(1),
    );
  });

  test("the columns of a tree are its levels", () => {
    expect(lines("r; a: r; b: r; a1: a; a2: a")).toBe(
      `
◆      r
├─○    b
╰─●    a
  ├─●  a1
  ╰─○  a2`.slice(1),
    );
  });

  test("unconnected parts are drawn apart, single tasks last", () => {
    expect(lines("lone; a; b: a; other; x; y: x")).toBe(
      `
◆  a
●  b

◇  x
○  y

◇  lone
◇  other`.slice(1),
    );
  });

  test("crossing lines do not join", () => {
    expect(lines("a; b; c; x: a b; y: a c; z: b c")).toContain("─│─");
  });

  test("a graph that grows to the right moves back to the left", () => {
    const diamonds = Array.from(
      { length: 30 },
      (_, i) => `${i === 0 ? "a0" : `a${i}: d${i - 1}`}; b${i}: a${i}; c${i}: a${i}; d${i}: b${i} c${i}`,
    );
    const drawn = lines(diamonds.join("; "), { width: 60 });
    expect(drawn).toContain("╯");
    expect(Math.max(...drawn.split("\n").map((line) => line.search(/\w/)))).toBeLessThan(24);
  });
});

describe("labels and legend", () => {
  test("labels show agent, priority, expected time and description, as far as they fit", () => {
    const about = { agent: "command", description: "Say it at length", priority: "high", expected_ms: 1200 };
    expect(lines("a", { width: 80 })).toBe("◆  a");
    const wide = drawText(
      picture("a; b: a", () => about),
      { width: 80, unicode: true },
    );
    expect(wide).toContain("◆  a  command, high, 1.2 s  Say it at length");
    expect(wide).toContain("Critical path (2 tasks, 2.4 s expected): a → b");
  });

  test("labels have no control characters", () => {
    const text = drawText(
      picture("a; b: a", () => ({ agent: "command", priority: "medium", description: "one\u001b[2J\ntwo\u0007\u202ethree" })),
      { width: 100, unicode: true },
    );
    expect(text).toContain("one twothree");
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{C}/u);
  });

  test("a task whose lines do not fit names its dependencies, and the legend explains it", () => {
    const sources = Array.from({ length: 14 }, (_, i) => `s${i}`);
    const pairs = sources.flatMap((a, i) => sources.slice(i + 1).map((b) => `${a}-${b}: ${a} ${b}`));
    const text = draw([...sources, ...pairs].join("; "), { width: 40 });
    expect(text).toMatch(/^.*▷ .*s\d+-s\d+\s+after s\d+, s\d+/m);
    expect(text.replaceAll("\n", " ")).toContain("▷ waits for the tasks named beside it");
  });

  test("colours do not change the text, at any width", () => {
    const chalk = new Chalk({ level: 1 });
    // Passed as the command passes them: chalk's functions join all their arguments.
    const paint = { critical: chalk.red, faint: chalk.dim };
    for (const width of [40, 80, 200]) {
      const coloured = draw("a; b: a; c: a b", { width, paint });
      expect(coloured).toContain("\u001b[2m");
      expect(stripVTControlCharacters(coloured)).toBe(draw("a; b: a; c: a b", { width }));
    }
  });

  test("the legend explains how to read lines, and rows of a chain without one", () => {
    // columns.test.ts reads drawings back by exactly these rules.
    expect(draw("a; b: a; c: b").replaceAll("\n", " ")).toContain(
      "◇ starts at once. ○ waits for the tasks whose line reaches it from the left, or else from above; without a line, for the task right above it. ◆ and ● are on the critical path.",
    );
  });

  test("the legend counts dependencies that others imply", () => {
    expect(draw("a; b: a; c: a b").replaceAll("\n", " ")).toContain("1 dependency implied by others is not drawn.");
    expect(draw("a; b: a")).not.toContain("implied");
  });
});

describe("the drawing fits the terminal", () => {
  const shapes = {
    stages: Array.from(
      { length: 40 },
      (_, i) => `s${i}: ${i < 5 ? "" : [0, 1, 2, 3, 4].map((k) => `s${i - (i % 5) - 5 + k}`).join(" ")}`,
    ).join("; "),
    chain: Array.from({ length: 60 }, (_, i) => (i === 0 ? "c0" : `c${i}: c${i - 1}`)).join("; "),
    tangle: Array.from(
      { length: 60 },
      (_, i) =>
        `a-rather-long-task-name-${i}: ${i < 9 ? "" : `${[3, 5, 7, 9].map((k) => `a-rather-long-task-name-${i - k}`).join(" ")}`}`,
    ).join("; "),
    lone: Array.from({ length: 30 }, (_, i) => `l${i}`).join("; "),
  };
  test.each(Object.entries(shapes))("%s: no line is wider than the terminal, from 40 columns to 200", (_, tasks) => {
    for (const width of [40, 60, 80, 120, 200]) {
      const text = drawText(
        picture(tasks, () => ({
          agent: "command",
          priority: "high",
          description: "任务 with a description of some length",
          expected_ms: 90_000,
        })),
        { width, unicode: true },
      );
      for (const line of text.split("\n")) expect(stringWidth(line), line).toBeLessThanOrEqual(width);
    }
  });

  test("a locale without Unicode gets ASCII", () => {
    const text = draw("split; a: split; b: split; join: a b; alone", { unicode: false });
    expect(text).toMatch(/^\p{ASCII}*$/u);
    expect(text.split("\n\n")[1]).toBe("@      split\n+-*-.  a\n'-o-+  b\n    *  join");
  });
});

describe("a graph of any size is shown", () => {
  const chain = Array.from({ length: 100_000 }, (_, i) => ({ task_id: `c${i}`, dependencies: i === 0 ? [] : [`c${i - 1}`] }));
  const wide = [
    { task_id: "root", dependencies: [] },
    ...Array.from({ length: 99_999 }, (_, i) => ({ task_id: `w${i}`, dependencies: ["root"] })),
  ];
  test.each([
    ["a chain", chain, "100,000 tasks, 99,999 dependencies, 100,000 levels.", "… and 99,960 levels more"],
    ["a fan-out", wide, "up to 99,999 side by side", "w0, w1, w2"],
  ])("%s of 100,000 tasks is summarised by level", (_, tasks, head, detail) => {
    const text = draw(tasks);
    expect(text).toContain(head);
    expect(text).toContain(detail);
    expect(text.replaceAll("\n", " ")).toContain("more than 2,000 tasks are summarised");
    expect(text.split("\n").length).toBeLessThan(80);
  });

  test("2,000 tasks that all depend on 1,000 others are drawn", () => {
    const sources = Array.from({ length: 1000 }, (_, i) => `s${i}`);
    const text = draw([
      ...sources.map((task_id) => ({ task_id, dependencies: [] })),
      ...Array.from({ length: 1000 }, (_, i) => ({ task_id: `t${i}`, dependencies: sources })),
    ]);
    expect(text.match(/^ {2}├─○/gm)?.length).toBe(998);
  });
});
