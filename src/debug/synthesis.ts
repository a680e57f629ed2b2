import type { Report } from "./report.ts";

/** The investigation in a few sentences: what is likely, how sure that is, what stands against it, what to do next. */
export function synthesize(report: Omit<Report, "synthesis">): string {
  const { root_cause, findings, hypothesis, baseline, not_seen } = report;
  const said: string[] = [];
  const [first, ...others] = root_cause;
  const missing = findings.filter(({ kind }) => kind === "missing_file");
  if (missing.length > 0)
    said.push(
      `${missing.length === 1 ? "A file that was named does" : `${missing.length} files that were named do`} not exist: ${missing.map(({ file }) => file).join(", ")}.`,
    );
  if (first !== undefined) {
    const kinds = new Set(first.evidence.map(({ kind }) => kind));
    said.push(
      `Look first at ${first.file}:${first.line}: ${first.claim} Confidence ${first.confidence}, by ${kinds.size} independent kind${kinds.size === 1 ? "" : "s"} of evidence (${[...kinds].join(", ")}).`,
    );
    if (others.length > 0) said.push(`Then at ${others.map(({ file, line }) => `${file}:${line}`).join(", ")}.`);
    if (first.last_changed !== undefined)
      said.push(
        `Its lines were changed last by ${first.last_changed.author} in ${first.last_changed.commit} "${first.last_changed.subject}".`,
      );
  } else {
    const open = findings.filter(({ severity, line }) => severity !== "note" && line !== undefined);
    if (open.length > 0)
      said.push(
        `No cause of a failure was looked for or found, but ${open.length} place${open.length === 1 ? "" : "s"} in the code deserve${open.length === 1 ? "s" : ""} a look (findings).`,
      );
    else if (baseline.affected_files.some(({ state }) => / lines, /.test(state)) && baseline.errors.length === 0)
      said.push("The files were read, and nothing of note was found in them.");
    else said.push("No evidence points to a cause.");
    const wanted: string[] = [];
    if (baseline.errors.every(({ frames }) => frames.own + frames.test === 0))
      wanted.push("the whole stack trace or test output (error_traces)");
    if (baseline.affected_files.every(({ state }) => state === "missing"))
      wanted.push("the files in question (affected_files)");
    if (!baseline.workspace.git) wanted.push("a workspace with its git history");
    if (wanted.length > 0) said.push(`To go further, supply ${wanted.join(", ")}.`);
  }
  if (hypothesis !== undefined)
    said.push(
      `The hypothesis is ${hypothesis.verdict}: ${hypothesis.for.length} thing${hypothesis.for.length === 1 ? "" : "s"} for it, ${hypothesis.against.length} against.`,
    );
  if (not_seen.length > 1) said.push(`Not seen: ${not_seen.slice(1, 4).join(" ")}`);
  return said.join(" ");
}
