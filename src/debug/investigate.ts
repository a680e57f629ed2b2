import type { Job } from "#agents";
import { type Budget, type Clock, createBudget, default_budget_ms } from "./budget.ts";
import { is_about_speed } from "./code-causes.ts";
import type { Sources } from "./evidence.ts";
import { examine } from "./examine.ts";
import { type Git, openGit } from "./git.ts";
import { readGiven } from "./given.ts";
import { weighHypothesis } from "./hypothesis.ts";
import { type DebugInput, hideIn } from "./input.ts";
import { type Depth, locate } from "./locate.ts";
import { type Ranked, rankSuspects } from "./rank.ts";
import type { Report } from "./report.ts";
import { baselineOf, cleanFinding, focusOf, toFinding, unplaced } from "./report-parts.ts";
import { most_causes, rootCauses } from "./root-causes.ts";
import type { CodeFinding } from "./rule.ts";
import { checkSyntax } from "./syntax.ts";
import { synthesize } from "./synthesis.ts";
import { openWorkspace, type SourceFile, type Workspace } from "./workspace.ts";

/** Most files that are examined rule by rule. */
const most_examined = 20;

/** Investigates: baseline, focus, root cause, optimization, synthesis. */
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
  const usable = "why_not" in git ? undefined : git;
  const given = readGiven(hideIn(input, hide), await openWorkspace(job.workspace_path, usable, budget, signal, hide));
  const { workspace, problem, error_traces, states, context, hypothesis } = given;
  const sources = states.flatMap(({ found }) => (typeof found === "string" ? [] : [found]));
  const examined = sources.slice(0, most_examined);
  const question = { problem, affected_files: states.map(({ path }) => path), error_traces, depth };
  const [location, syntax] = await Promise.all([
    locate(question, workspace, usable, budget, signal),
    checkSyntax(
      examined.filter((source) => source !== given.code),
      workspace,
      { job, budget, signal },
    ),
  ]);
  const by_rules = examineAll(examined, budget);
  const code_findings = [...syntax.findings, ...[...by_rules.values()].flat()];
  const ranked = rankSuspects(location.suspects, location.query, workspace, most_causes + 3);
  const near_suspects = examineSuspects(ranked.slice(0, most_causes), examined, workspace, budget);
  const drawn: Sources = {
    location,
    workspace,
    git: depth === "quick" ? undefined : usable,
    code_findings: [...code_findings, ...near_suspects],
    context,
  };
  const { causes: root_cause, supposed } = await rootCauses(ranked, drawn, { given, code_findings, depth });

  const findings = [
    ...given.findings,
    ...code_findings.map(toFinding),
    ...[...by_rules.keys()].flatMap((source) => cleanFinding(source, code_findings)),
  ];
  const weighed =
    hypothesis === ""
      ? undefined
      : weighHypothesis(hypothesis, {
          // What the hypothesis itself led to is no witness of it.
          causes: root_cause.filter((cause) => !supposed.has(cause)),
          errors: location.errors,
          findings,
          commits: location.commits,
          workspace,
        });
  const report: Report = {
    baseline: baselineOf(problem, depth, location, states, workspace, usable !== undefined, given.usedContext(root_cause)),
    focus: focusOf(location, workspace, examined),
    root_cause,
    optimization: drawn.code_findings
      .filter(({ area, severity }) => area !== "open_point" && (severity !== "note" || is_about_speed.test(problem)))
      .slice(0, 30)
      .map(({ file, line, advice, message }) => ({ file, line, advice, because: message })),
    synthesis: "",
    findings,
    ...(weighed === undefined ? {} : { hypothesis: weighed }),
    not_seen: [
      "Nothing was run: no test, no program, no debugger.",
      ...budget.skipped(),
      ...historyNotSeen(git, depth),
      ...(sources.length > examined.length
        ? [`${sources.length - examined.length} of the affected files were not examined rule by rule.`]
        : []),
      ...syntax.unchecked,
      ...(given.code === undefined ? [] : [`The syntax of ${given.code.path} was not checked: it was given as text.`]),
      ...location.traces.cuts,
      ...workspace.cuts,
      ...unplaced(location),
    ],
  };
  report.synthesis = synthesize(report);
  const warnings = states.flatMap(({ path, found }) =>
    found === "missing" ? [`The affected file ${path} does not exist.`] : [],
  );
  return { report, warnings };
}

function historyNotSeen(git: Git | { why_not: string }, depth: Depth): string[] {
  if ("why_not" in git) return [`History: ${git.why_not}.`];
  return depth === "quick" ? ["History, call sites and where error texts are raised: quick reads only what is named."] : [];
}

/** What the rules find in each file that there is time to look at. */
function examineAll(sources: readonly SourceFile[], budget: Budget): Map<SourceFile, CodeFinding[]> {
  const found = new Map<SourceFile, CodeFinding[]>();
  for (const source of sources)
    if (budget.left("examine") > 0) found.set(source, examine(source));
    else budget.skip(`${source.path}, rule by rule`);
  return found;
}

/** What surrounds a suspect counts for it too, though the user did not ask after that file. */
function examineSuspects(
  suspects: readonly Ranked[],
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
