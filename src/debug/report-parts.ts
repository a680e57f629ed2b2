import { describeFile, ruleCount } from "./examine.ts";
import type { Depth, Location } from "./locate.ts";
import type { Finding, Report } from "./report.ts";
import type { CodeFinding } from "./rule.ts";
import type { SourceFile, UnreadReason, Workspace } from "./workspace.ts";

/** Converts the finding of a rule into a finding of the report, without the advice. */
export const toFinding = ({ area, severity, file, line, message, evidence, advice: _ }: CodeFinding): Finding => ({
  kind: area,
  severity,
  file,
  line,
  message,
  evidence,
});

/** Returns a finding that a file has no findings and how many rules were applied, or nothing if it has some. */
export function cleanFinding(source: SourceFile, found: readonly CodeFinding[]): Finding[] {
  if (found.some(({ file }) => file === source.path)) return [];
  const rules = ruleCount(source.path);
  const message =
    rules === 0
      ? `${source.path} was read, but dispatch has no rules for its language.`
      : `${rules} rules found nothing in ${source.path} (${describeFile(source)}).`;
  return [{ kind: "clean", severity: "note", file: source.path, message }];
}

/** Lists the frames whose source is not available, in sentences. */
export function unresolvedFrames({ errors }: Location): string[] {
  const frames = errors.flatMap((error) => error.frames);
  const list = (paths: readonly string[]): string => `${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", …" : ""}`;
  const unknown = [...new Set(frames.filter(({ origin }) => origin === "unknown").map(({ path }) => path))];
  const minified = [
    ...new Set(
      frames.filter((frame) => (frame.column ?? 0) >= 1000).map(({ path, line, column }) => `${path}:${line}:${column}`),
    ),
  ];
  return [
    ...(unknown.length === 0 ? [] : [`Files on the stack that the workspace does not have: ${list(unknown)}.`]),
    ...(minified.length === 0
      ? []
      : [`The source of minified code: ${list(minified)}. Apply the source map to the trace to see more.`]),
  ];
}

/** Builds the section `baseline`: what the investigation starts from. */
export function baselineOf(
  problem: string,
  depth: Depth,
  location: Location,
  states: readonly { path: string; found: SourceFile | UnreadReason }[],
  workspace: Workspace,
  git: boolean,
  context_used: string[],
): Report["baseline"] {
  const count = (frames: readonly { origin: string }[], origin: string): number =>
    frames.filter((frame) => frame.origin === origin).length;
  return {
    problem,
    analysis_depth: depth,
    errors: location.errors.slice(0, 20).map(({ language, type, message, relation, frames }) => ({
      ...{ language, type: type ?? null, message: message.slice(0, 1000), relation: relation ?? null },
      frames: {
        own: count(frames, "own"),
        test: count(frames, "test"),
        library: count(frames, "library"),
        unknown: count(frames, "unknown"),
      },
    })),
    failing_tests: location.tests.map(
      ({ file, line, definition }) => `${file}:${line}${definition === undefined ? "" : ` ${definition.name}`}`,
    ),
    affected_files: states.map(({ path, found }) => ({ path, state: typeof found === "string" ? found : describeFile(found) })),
    workspace: { path: workspace.root, files: workspace.files.length, git, files_read: workspace.read_count() },
    context_used,
  };
}

/** Builds the section `focus`: where the investigation looked. */
export function focusOf(location: Location, workspace: Workspace, examined: readonly SourceFile[]): Report["focus"] {
  const placed = location.errors.flatMap(({ frames }) =>
    frames.filter(({ origin, file }) => file !== undefined && origin !== "library"),
  );
  return {
    frames: placed.slice(0, 20).map((frame) => ({
      ...{ file: frame.file ?? frame.path, line: frame.line, function: frame.function ?? null, origin: frame.origin },
      text:
        workspace
          .text(frame.file ?? "")
          ?.lines[frame.line - 1]?.trim()
          .slice(0, 200) ?? null,
    })),
    raised_at: location.raised.map(({ path, line, text }) => ({ file: path, line, text: text.trim().slice(0, 200) })),
    examined: examined.map(({ path }) => path),
    files_considered: location.files_considered,
    suspects_considered: location.suspects.length,
  };
}
