import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const src = new URL("../src", import.meta.url).pathname;

/** The rooms: each may import those above it. A change of this list is a change of the design. */
const rooms = [
  "errors",
  "files",
  "process",
  "secrets",
  "config",
  "tasks",
  "graph",
  "events",
  "workspace",
  "search",
  "context",
  "agents",
  "adapters",
  "coder",
  "debug",
  "catalog",
  "traces",
  "scheduler",
  "reuse",
  "reports",
  "dispatch",
  "cli",
];

/** Rooms without file system, processes or console, and the Node modules that they may use. */
const pure_rooms: Readonly<Record<string, readonly string[]>> = {
  tasks: ["node:path"],
  graph: [],
  events: [],
  scheduler: [],
};

const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

const importsOf = (file: string): string[] => {
  const text = readFileSync(join(src, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
};

const roomOf = (file: string): string | undefined => (file.includes("/") ? file.split("/")[0] : undefined);

describe("architecture", () => {
  test("every folder of src is a listed room whose index.ts says what it is for", () => {
    const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((folder) => folder.name).sort()).toEqual([...rooms].sort());
    for (const room of rooms) expect(readFileSync(join(src, room, "index.ts"), "utf8"), room).toMatch(/^\/\*\*\n \* Room `/);
  });

  test("ARCHITECTURE.md lists the same rooms in the same order", () => {
    const text = readFileSync(new URL("../ARCHITECTURE.md", import.meta.url), "utf8");
    const table = text.slice(text.indexOf("| room |"), text.indexOf("\n\n", text.indexOf("| room |")));
    expect([...table.matchAll(/^\| `([a-z]+)` \|/gm)].map((match) => match[1])).toEqual(rooms);
  });

  test("a room imports others only through their index.ts, and only rooms above it", () => {
    const wrong: string[] = [];
    for (const file of files) {
      const room = roomOf(file);
      for (const target of importsOf(file)) {
        if (target.startsWith("#")) {
          const other = target.slice(1);
          if (!rooms.includes(other)) wrong.push(`${file} imports ${target}, which is no room`);
          else if (room !== undefined && rooms.indexOf(other) >= rooms.indexOf(room))
            wrong.push(`${file} imports ${target} from below`);
        } else if (target.startsWith(".")) {
          const path = relative(src, join(src, dirname(file), target));
          if (!path.startsWith("..") && roomOf(path) !== room) wrong.push(`${file} reaches into ${path}`);
          if (path.startsWith("..") && path !== "../package.json") wrong.push(`${file} imports ${path}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test("no import cycles", () => {
    const edges = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .filter((to) => to.startsWith("."))
          .map((to) => join(dirname(file), to)),
      ]),
    );
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      expect(path, "a cycle").not.toContain(file);
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  test("only room process starts child processes", () => {
    const starters = files.filter((file) =>
      importsOf(file).some((to) => /child_process|worker_threads|cluster|koffi/.test(to)),
    );
    expect(starters.filter((file) => roomOf(file) !== "process")).toEqual([]);
  });

  test("pure rooms use no file, process or console", () => {
    const wrong = files.flatMap((file) => {
      const allowed = pure_rooms[roomOf(file) ?? ""];
      if (allowed === undefined) return [];
      const impure = importsOf(file).filter((to) => to.startsWith("node:") && !allowed.includes(to));
      const text = readFileSync(join(src, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      if (/\bprocess\.|\bconsole\./.test(text)) impure.push("process or console");
      return impure.map((to) => `${file}: ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  test("no file exceeds 350 lines, and none is named utils, helpers or the like", () => {
    const long = files.filter((file) => readFileSync(join(src, file), "utf8").split("\n").length > 350);
    expect(long).toEqual([]);
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|shared|common|types)(\.ts|\/)/.test(file))).toEqual([]);
  });
});
