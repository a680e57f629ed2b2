import { type Definition, definitionAt, outlineOf } from "./outline.ts";
import { isLibraryPath, isTestPath } from "./path-kinds.ts";
import type { Frame, ThrownError } from "./trace.ts";
import type { SourceFile, Workspace } from "./workspace.ts";

/** A frame with the workspace file that it refers to. */
export interface ResolvedFrame extends Frame {
  /** Absent for libraries and for files that the workspace does not have. */
  file?: string;
  origin: "own" | "test" | "library" | "unknown";
  /** Set if several files match equally well. */
  is_ambiguous?: true;
}

/** An error with its frames resolved to files. */
export interface ResolvedError extends Omit<ThrownError, "frames"> {
  frames: ResolvedFrame[];
}

/** A failed test with its location. */
export interface FailingTest {
  file: string;
  /** The line that the trace names, or the first line of the test. */
  line: number;
  definition?: Definition;
}

/** Resolves each frame to the workspace file that shares the most trailing path segments. */
export function resolveFrames(thrown: readonly ThrownError[], workspace: Workspace): ResolvedError[] {
  const known = new Map<string, Pick<ResolvedFrame, "file" | "origin" | "is_ambiguous">>();
  return thrown.map((one) => ({
    ...one,
    frames: one.frames.map((frame) => {
      const key = `${frame.path}\0${frame.function ?? ""}`;
      let place = known.get(key);
      if (place === undefined) {
        place = resolveFrame(frame, workspace);
        known.set(key, place);
      }
      return { ...frame, ...place };
    }),
  }));
}

function resolveFrame(frame: Frame, workspace: Workspace): Pick<ResolvedFrame, "file" | "origin" | "is_ambiguous"> {
  // The workspace may itself be below a folder such as `vendor`.
  const { root } = workspace;
  const path = frame.path.startsWith(`${root}/`) ? frame.path.slice(root.length + 1) : frame.path;
  if (isLibraryPath(path)) return { origin: "library" };
  const { files, segments } = workspace.matching(path);
  // A match of the file name alone is weak if the trace also names folders.
  const is_weak =
    segments === 1 &&
    path.split("/").length > 1 &&
    (files.length > 1 || /^(?:index|main|mod|lib|utils?|__init__|setup|types?)\./.test(files[0]?.split("/").at(-1) ?? ""));
  if (files.length === 0 || is_weak) return { origin: "unknown" };
  const fitting = files.length === 1 ? files : files.filter((file) => matchesFrame(workspace, file, frame));
  const file = (fitting.length > 0 ? fitting : files)[0] ?? "";
  const ambiguous = fitting.length === 1 ? {} : { is_ambiguous: true as const };
  return { file, origin: isTestPath(file) ? "test" : "own", ...ambiguous };
}

/** Whether a file contains the frame's source line, or a function with the frame's name. */
function matchesFrame(workspace: Workspace, file: string, frame: Frame): boolean {
  const source = workspace.text(file);
  if (source === undefined || frame.line > source.lines.length) return false;
  if (frame.source !== undefined) return source.lines[frame.line - 1]?.trim() === frame.source.trim();
  return frame.function === undefined || outlineOf(source).some((one) => one.name === frame.function);
}

/** Maximum number of failing tests that are analyzed. */
const max_tests = 6;

/** Finds the failing tests by frames in test files, and by names such as `tests/test_a.py::test_b`. */
export function failingTests(errors: readonly ResolvedError[], prose: readonly string[], workspace: Workspace): FailingTest[] {
  const tests = new Map<string, FailingTest>();
  const add = (file: string, line: number, definition?: Definition): void => {
    const key = `${file}:${definition?.first ?? line}`;
    if (tests.size >= max_tests || tests.has(key)) return;
    tests.set(key, { file, line, ...(definition === undefined ? {} : { definition }) });
  };
  for (const { frames } of errors) {
    // The outermost frame of a test file is in the test itself; inner frames are in its helpers.
    const frame = frames.findLast((one) => one.origin === "test" && one.file !== undefined && !/conftest/.test(one.file));
    const source = frame?.file === undefined ? undefined : workspace.text(frame.file);
    if (frame === undefined || source === undefined) continue;
    add(source.path, frame.line, definitionAt(source, frame.line, ["test"]) ?? enclosingTest(source, frame.line));
  }
  for (const text of prose.slice(0, 2000)) {
    const named = /([\w./\\-]+\.py)::(?:\w+::)*(\w+)/.exec(text);
    if (named === null) continue;
    const [file] = workspace.matching(named[1] ?? "").files;
    const source = file === undefined ? undefined : workspace.text(file);
    const definition = source === undefined ? undefined : outlineOf(source).find((one) => one.name === named[2]);
    if (file !== undefined && definition !== undefined) add(file, definition.first, definition);
  }
  return [...tests.values()];
}

/** Returns the outermost function around a line, because functions inside a test belong to the test. */
function enclosingTest(source: SourceFile, line: number): Definition | undefined {
  return outlineOf(source).find((one) => one.kind === "function" && one.first <= line && line <= one.last);
}
