import type { Report } from "./report.ts";

/** Summarizes an investigation in a few sentences: the likely cause, the confidence, the hypothesis, and the next steps. */
export function synthesize(report: Omit<Report, "synthesis">): string {
  const { root_cause, findings, hypothesis, baseline, not_seen } = report;
  const sentences: string[] = [];
  const [first, ...others] = root_cause;
  const missing = findings.filter(({ kind }) => kind === "missing_file");
  if (missing.length > 0)
    sentences.push(
      `${missing.length === 1 ? "A named file does" : `${missing.length} named files do`} not exist: ${missing.map(({ file }) => file).join(", ")}.`,
    );
  if (first !== undefined) {
    const kinds = new Set(first.evidence.map(({ kind }) => kind));
    sentences.push(
      `Look first at ${first.file}:${first.line}: ${first.claim} Confidence ${first.confidence}, from ${kinds.size} independent kind${kinds.size === 1 ? "" : "s"} of evidence (${[...kinds].join(", ")}).`,
    );
    if (others.length > 0) sentences.push(`Then at ${others.map(({ file, line }) => `${file}:${line}`).join(", ")}.`);
    if (first.last_changed !== undefined)
      sentences.push(
        `${first.last_changed.author} last changed these lines in ${first.last_changed.commit} "${first.last_changed.subject}".`,
      );
  } else {
    const open = findings.filter(({ severity, line }) => severity !== "note" && line !== undefined);
    if (open.length > 0)
      sentences.push(
        `No cause was found, but ${open.length} place${open.length === 1 ? "" : "s"} in the code deserve${open.length === 1 ? "s" : ""} a look (findings).`,
      );
    else if (baseline.affected_files.some(({ state }) => / lines, /.test(state)) && baseline.errors.length === 0)
      sentences.push("The files were read, and no problems were found in them.");
    else sentences.push("No evidence points to a cause.");
    const wanted: string[] = [];
    if (baseline.errors.every(({ frames }) => frames.own + frames.test === 0))
      wanted.push("the full stack trace or test output (error_traces)");
    if (baseline.affected_files.every(({ state }) => state === "missing"))
      wanted.push("the files in question (affected_files)");
    if (!baseline.workspace.git) wanted.push("a workspace with a git history");
    if (wanted.length > 0) sentences.push(`To narrow it down, provide ${wanted.join(", ")}.`);
  }
  if (hypothesis !== undefined)
    sentences.push(
      `The hypothesis is ${hypothesis.verdict}: ${hypothesis.for.length} point${hypothesis.for.length === 1 ? "" : "s"} for it, ${hypothesis.against.length} against.`,
    );
  if (not_seen.length > 1) sentences.push(`Not examined: ${not_seen.slice(1, 4).join(" ")}`);
  return sentences.join(" ");
}
