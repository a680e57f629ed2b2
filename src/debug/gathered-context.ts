import { isAbsolute, relative } from "node:path";
import type { DebugInput } from "./input.ts";
import { languageOf } from "./languages.ts";
import type { RootCause } from "./report.ts";
import { linesOf, type SourceFile, type Workspace } from "./workspace.ts";

/** The files and notes in `pre_gathered_context`. */
export interface GatheredContext {
  /** Complete files by path in the workspace. */
  files: ReadonlyMap<string, { key: string; source: SourceFile }>;
  /** Paths of files that the context contains only in part or by name. */
  partial: readonly string[];
  /** Texts about the code by key. Code is not included, because a file is not evidence about itself. */
  notes: ReadonlyMap<string, string>;
}

/** Maximum length of a note in characters. */
const max_characters = 200_000;

/** Separates gathered context into files and notes. A partial file is read from disk, because its line numbers would differ. */
export function readGatheredContext(gathered: DebugInput["pre_gathered_context"], root: string): GatheredContext {
  const files = new Map<string, { key: string; source: SourceFile }>();
  const notes = new Map<string, string>();
  const partial: string[] = [];
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
      partial.push(path);
      continue;
    }
    files.set(path, { key, source: { path, lines: linesOf(content) } });
  }
  return { files, partial, notes };
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

function relativePath(path: string, root: string): string {
  if (!isAbsolute(path)) return path.replace(/^(?:\.\/)+/, "");
  const own = relative(root, path);
  return own.startsWith("..") ? path : own;
}

/** Returns the workspace with gathered files in place of those on disk; adds the key of each file that is read to `used`. */
export function withGatheredFiles(workspace: Workspace, { files }: GatheredContext, used: Set<string>): Workspace {
  if (files.size === 0) return workspace;
  const find = (path: string): SourceFile | undefined => {
    const entry = files.get(relativePath(path, workspace.root));
    if (entry !== undefined) used.add(entry.key);
    return entry?.source;
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

/** Returns the keys of gathered files that were read and of notes that are evidence for a cause. */
export function usedContext(
  { files, notes }: GatheredContext,
  read_keys: ReadonlySet<string>,
  causes: readonly RootCause[],
): string[] {
  const context_evidence = causes.flatMap(({ evidence }) =>
    evidence.filter(({ kind }) => kind === "context").map(({ text }) => text),
  );
  const cited = [...notes.keys()].filter((key) =>
    context_evidence.some((text) => text.startsWith(`The context ${key} mentions `)),
  );
  // No rule or search reads files in unknown languages, so such a file was not used.
  const read = [...files.values()].filter(({ key, source }) => read_keys.has(key) && languageOf(source.path) !== undefined);
  return [...read.map(({ key }) => key), ...cited];
}
