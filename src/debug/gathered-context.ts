import { isAbsolute, relative } from "node:path";
import type { DebugInput } from "./input.ts";
import { languageOf } from "./languages.ts";
import type { RootCause } from "./report.ts";
import { linesOf, type SourceFile, type Workspace } from "./workspace.ts";

/** What the task was handed over beside its own words. */
export interface GatheredContext {
  /** Whole files, by their paths in the workspace. */
  files: ReadonlyMap<string, { key: string; source: SourceFile }>;
  /** The paths of files of which only a part, or nothing but the name, was handed over. */
  partly: readonly string[];
  /** What somebody says of the code, by its key; the code itself is no witness of itself. */
  notes: ReadonlyMap<string, string>;
}

/** Longest note that is read. */
const max_characters = 200_000;

/** Sorts what was gathered before. Half of a file is none: its lines would have other numbers. */
export function readGatheredContext(gathered: DebugInput["pre_gathered_context"], root: string): GatheredContext {
  const files = new Map<string, { key: string; source: SourceFile }>();
  const notes = new Map<string, string>();
  const partly: string[] = [];
  for (const [key, value] of Object.entries(gathered ?? {})) {
    const content = typeof value === "string" ? value : (value["content"] ?? value);
    if (key.startsWith("structure:")) continue;
    if (!key.startsWith("file:")) {
      notes.set(key, (typeof content === "string" ? content : JSON.stringify(content)).slice(0, max_characters));
      continue;
    }
    const metadata = typeof value === "string" ? {} : asRecord(value["metadata"]);
    const is_whole = ["reduced", "binary", "read_bytes", "same_as"].every((mark) => metadata[mark] === undefined);
    const path = relativePath(typeof metadata["path"] === "string" ? metadata["path"] : key.slice("file:".length), root);
    if (!is_whole || typeof content !== "string") {
      partly.push(path);
      continue;
    }
    files.set(path, { key, source: { path, lines: linesOf(content) } });
  }
  return { files, partly, notes };
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

function relativePath(path: string, root: string): string {
  if (!isAbsolute(path)) return path.replace(/^(?:\.\/)+/, "");
  const own = relative(root, path);
  return own.startsWith("..") ? path : own;
}

/** The workspace with the files that were handed over before those on disk; `used` is told of each that is looked at. */
export function withGatheredFiles(workspace: Workspace, { files }: GatheredContext, used: Set<string>): Workspace {
  if (files.size === 0) return workspace;
  const find = (path: string): SourceFile | undefined => {
    const given = files.get(relativePath(path, workspace.root));
    if (given !== undefined) used.add(given.key);
    return given?.source;
  };
  const matching: Workspace["matching"] = (path) => {
    const own = relativePath(path, workspace.root);
    return files.has(own) ? { files: [own], segments: own.split("/").length } : workspace.matching(path);
  };
  return {
    ...workspace,
    files: [...new Set([...workspace.files, ...files.keys()])],
    has: (path) => files.has(relativePath(path, workspace.root)) || workspace.has(path),
    read: (path) => find(path) ?? workspace.read(path),
    text: (path) => find(path) ?? workspace.text(path),
    is_read: (path) => files.has(relativePath(path, workspace.root)) || workspace.is_read(path),
    matching,
    grep(path, wanted) {
      const lines = find(path)?.lines;
      if (lines === undefined) return workspace.grep(path, wanted);
      return wanted.test(lines.join("\n")) ? lines : [];
    },
  };
}

/** Files that were looked at, and notes that speak for a cause; nothing that was merely there. */
export function usedContext(
  { files, notes }: GatheredContext,
  looked_at: ReadonlySet<string>,
  causes: readonly RootCause[],
): string[] {
  const context_evidence = causes.flatMap(({ evidence }) =>
    evidence.filter(({ kind }) => kind === "context").map(({ text }) => text),
  );
  const cited = [...notes.keys()].filter((key) =>
    context_evidence.some((text) => text.startsWith(`The context ${key} speaks of `)),
  );
  // A file that no rule and no search can read was named, and of no use.
  const read = [...files.values()].filter(({ key, source }) => looked_at.has(key) && languageOf(source.path) !== undefined);
  return [...read.map(({ key }) => key), ...cited];
}
