import type { Job } from "#agents";
import { type Budget, type Clock, createBudget, default_budget_ms } from "./budget.ts";
import { is_about_speed } from "./code-causes.ts";
import type { EvidenceSources } from "./evidence.ts";
import { examine } from "./examine.ts";
import { type Git, openGit } from "./git.ts";
import { assessHypothesis } from "./hypothesis.ts";
import { type DebugInput, hideIn } from "./input.ts";
import { type Depth, locate } from "./locate.ts";
import { prepareInput } from "./prepared-input.ts";
import { type RankedSuspect, rankSuspects } from "./rank.ts";
import type { Report } from "./report.ts";
import { baselineOf, cleanFinding, focusOf, toFinding, unresolvedFrames } from "./report-parts.ts";
import { max_causes, rootCauses } from "./root-causes.ts";
import type { CodeFinding } from "./rule.ts";
import { checkSyntax } from "./syntax.ts";
import { synthesize } from "./synthesis.ts";
import { openWorkspace, type SourceFile, type Workspace } from "./workspace.ts";

/** Maximum number of files that the rules are applied to. */
const max_examined = 20;

/** Runs an investigation in the order of the report: baseline, focus, root cause, optimization, synthesis. */
export async function investigate(
  input: DebugInput,
  job: Job,
  signal: AbortSignal,
  clock?: Clock,
): Promise<{ report: Report; warnings: string[] }> {
  const budget = createBudget(input.time_budget_ms ?? default_budget_ms, clock);
  const depth: Depth = input.analysis_depth ?? "standard";
  const hide = await job.lineRedactor();
  const git = await openGit(job, budget, signal, hide);
  const available_git = "why_not" in git ? undefined : git;
  const prepared = prepareInput(
    hideIn(input, hide),
    await openWorkspace(job.workspace_path, available_git, budget, signal, hide),
  );
  const { workspace, problem, error_traces, states, context, hypothesis } = prepared;
  const sources = states.flatMap(({ found }) => (typeof found === "string" ? [] : [found]));
  const examined = sources.slice(0, max_examined);
  const question = { problem, affected_files: states.map(({ path }) => path), error_traces, depth };
  const [location, syntax] = await Promise.all([
    locate(question, workspace, available_git, budget, signal),
    checkSyntax(
      examined.filter((source) => source !== prepared.code),
      workspace,
      { job, budget, signal },
    ),
  ]);
  const by_rules = examineAll(examined, budget);
  const code_findings = [...syntax.findings, ...[...by_rules.values()].flat()];
  const ranked = rankSuspects(location.suspects, location.query, workspace, max_causes + 3);
  const near_suspects = examineSuspects(ranked.slice(0, max_causes), examined, workspace, budget);
  const evidence_sources: EvidenceSources = {
    location,
    workspace,
    git: depth === "quick" ? undefined : available_git,
    code_findings: [...code_findings, ...near_suspects],
    context,
  };
  const { causes: root_cause, from_hypothesis } = await rootCauses(ranked, evidence_sources, {
    prepared,
    code_findings,
    depth,
  });

  const findings = [
    ...prepared.findings,
    ...code_findings.map(toFinding),
    ...[...by_rules.keys()].flatMap((source) => cleanFinding(source, code_findings)),
  ];
  const assessment =
    hypothesis === ""
      ? undefined
      : assessHypothesis(hypothesis, {
          // A cause found only through the hypothesis is not evidence for it.
          causes: root_cause.filter((cause) => !from_hypothesis.has(cause)),
          errors: location.errors,
          findings,
          commits: location.commits,
          workspace,
        });
  const report: Report = {
    baseline: baselineOf(
      problem,
      depth,
      location,
      states,
      workspace,
      available_git !== undefined,
      prepared.usedContext(root_cause),
    ),
    focus: focusOf(location, workspace, examined),
    root_cause,
    optimization: evidence_sources.code_findings
      .filter(({ area, severity }) => area !== "open_point" && (severity !== "note" || is_about_speed.test(problem)))
      .slice(0, 30)
      .map(({ file, line, advice, message }) => ({ file, line, advice, because: message })),
    synthesis: "",
    findings,
    ...(assessment === undefined ? {} : { hypothesis: assessment }),
    not_seen: [
      "Nothing was run: no test, no program, no debugger.",
      ...budget.skipped(),
      ...historyNotSeen(git, depth),
      ...filesNotSeen(sources.length - examined.length, prepared.code?.path),
      ...syntax.unchecked,
      ...location.traces.cuts,
      ...workspace.cuts,
      ...unresolvedFrames(location),
    ],
  };
  report.synthesis = synthesize(report);
  const warnings = states.flatMap(({ path, found }) =>
    found === "missing" ? [`The affected file ${path} does not exist.`] : [],
  );
  return { report, warnings };
}

function filesNotSeen(not_examined: number, passed_as_text: string | undefined): string[] {
  const files = not_examined > 0 ? [`The rules were not applied to ${not_examined} of the affected files.`] : [];
  if (passed_as_text !== undefined) files.push(`The syntax of ${passed_as_text} was not checked: the code was passed as text.`);
  return files;
}

function historyNotSeen(git: Git | { why_not: string }, depth: Depth): string[] {
  if ("why_not" in git) return [`History: ${git.why_not}.`];
  return depth === "quick"
    ? ["History, call sites and the places that raise the errors: the depth quick reads only named files."]
    : [];
}

/** Applies the rules to each file while there is time. */
function examineAll(sources: readonly SourceFile[], budget: Budget): Map<SourceFile, CodeFinding[]> {
  const found = new Map<SourceFile, CodeFinding[]>();
  for (const source of sources)
    if (budget.left("examine") > 0) found.set(source, examine(source));
    else budget.skip(`the rules for ${source.path}`);
  return found;
}

/** Applies the rules to the suspects' files that the user did not name; keeps findings inside the suspects. */
function examineSuspects(
  suspects: readonly RankedSuspect[],
  examined: readonly SourceFile[],
  workspace: Workspace,
  budget: Budget,
): CodeFinding[] {
  return suspects.flatMap(({ definition }) => {
    const source = examined.some(({ path }) => path === definition.file) ? undefined : workspace.text(definition.file);
    const found = source === undefined ? [] : (examineAll([source], budget).get(source) ?? []);
    return found.filter(({ line }) => definition.first <= line && line <= definition.last);
  });
}
