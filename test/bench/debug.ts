/**
 * Measures the quality of the agent `debug` on real faults (see `debug-cases.ts`), compared with "the innermost user frame"
 * of the same trace. No repository is part of this benchmark: the user passes local clones.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { DebugInput } from "../../src/debug/input.ts";
import type { Report } from "../../src/debug/report.ts";
import { type FaultCase, mineFaults, openTree, type Source } from "./debug-cases.ts";
import { createHarness } from "./debug-harness.ts";
import { measureScale } from "./debug-scale.ts";
import { type Comparison, median } from "./measure.ts";

/** Whether the first place, or one of the first three, is right, by file and by line within five lines. */
interface Hits {
  file_first: boolean;
  file_in_three: boolean;
  line_first: boolean;
  line_in_three: boolean;
}

const measures = ["file_first", "file_in_three", "line_first", "line_in_three"] as const;

const titles: Readonly<Record<keyof Hits, string>> = {
  file_first: "fixed file first",
  file_in_three: "fixed file among three",
  line_first: "fixed line within five first",
  line_in_three: "fixed line within five among three",
};

const usage = `debug: pass a local clone and its test command: npm run bench debug -- --repo DIR --test "python -m pytest -x {files}"
       (--repo and --test can be repeated; --cases FILE.json, --prepare CMD, --most N, --part odd|even, --keep DIR, --scale DIR|generated)
`;

/** Measures the hit rates on the repositories given on the command line. */
export default async function run(): Promise<Comparison[]> {
  const { sources, max_faults, part, keep, scale } = readOptions();
  if (sources.length === 0 && scale === undefined) {
    process.stdout.write(usage);
    return [];
  }
  const comparisons: Comparison[] = [];
  const all: { ours: Hits; baseline: Hits; no_test: Hits; ms: number; confidence: number }[] = [];
  for (const source of sources) {
    using tree = openTree(source.repo);
    const faults = mineFaults(source, tree, { max_faults, cache: keep }).filter(
      (_, i) => part === undefined || (i % 2 === 0) === (part === "odd"),
    );
    const seen: typeof all = [];
    for (const fault of faults) seen.push(await investigateFault(fault, tree.folder, () => tree.plant(fault)));
    process.stdout.write(
      `${source.repo}: ${seen.length} faults${part === undefined ? "" : ` (the ${part} ones)`}\n${table(seen)}`,
    );
    all.push(...seen);
  }
  if (all.length > 0) {
    process.stdout.write(`all: ${all.length} faults\n${table(all)}`);
    for (const measure of measures) comparisons.push(compareHits(measure, all));
  }
  if (scale !== undefined) comparisons.push(...(await measureScale(scale)));
  return comparisons;
}

function readOptions(): {
  sources: Source[];
  max_faults: number;
  part: string | undefined;
  keep: string | undefined;
  scale: string | undefined;
} {
  const text = { type: "string" } as const;
  const many = { type: "string", multiple: true } as const;
  const { values } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { repo: many, test: many, prepare: many, cases: text, most: text, part: text, keep: text, scale: text },
  });
  const { repo = [], test = [], prepare = [] } = values;
  // The first test command is the default for repositories without their own.
  const named = repo.map((one, i): Source => {
    const command = test[i] ?? test[0];
    if (command === undefined) throw new Error("Each --repo needs a --test.");
    const before = prepare[i] ?? prepare[0];
    return { repo: one, test: command, ...(before === undefined ? {} : { prepare: before }) };
  });
  // The cast trusts the user's file, which is a list of {repo, test, prepare}.
  const listed = values.cases === undefined ? [] : (JSON.parse(readFileSync(values.cases, "utf8")) as Source[]);
  return {
    sources: [...named, ...listed],
    max_faults: Number(values.most ?? 40),
    part: values.part,
    keep: values.keep,
    scale: values.scale,
  };
}

async function investigateFault(
  fault: FaultCase,
  workspace_path: string,
  plant: () => void,
): Promise<{ ours: Hits; baseline: Hits; no_test: Hits; ms: number; confidence: number }> {
  plant();
  using harness = createHarness(workspace_path);
  const input: DebugInput = {
    problem_description: failingTestName(fault.output),
    error_traces: [fault.output],
    analysis_depth: "deep",
  };
  const { report, ms } = await harness.investigate(input);
  const places = report.root_cause.map(({ file, line }) => ({ file, line }));
  return {
    ours: hitsOf(places, fault),
    baseline: hitsOf(innermost(report), fault),
    no_test: hitsOf(innermost(report, ["own"]), fault),
    ms,
    confidence: report.root_cause[0]?.confidence ?? 0,
  };
}

/** Returns the name of the failed test, which is all that a caller of the agent would know besides the output. */
function failingTestName(output: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it removes escape sequences
  const plain = output.replaceAll(/\u001b\[[0-9;]*m/g, "");
  return /^(?:FAILED|ERROR) (\S+)/m.exec(plain)?.[1] ?? /^\s*(?:FAIL|×|✗|●)\s+(.+)$/m.exec(plain)?.[1] ?? "A test fails.";
}

/** Returns the first three frames in the workspace, innermost first; by default, test frames count as the user's own. */
function innermost({ focus }: Report, origins: readonly string[] = ["own", "test"]): { file: string; line: number }[] {
  return focus.frames
    .filter(({ origin }) => origins.includes(origin))
    .slice(0, 3)
    .map(({ file, line }) => ({ file, line }));
}

function hitsOf(places: readonly { file: string; line: number }[], { fixed }: FaultCase): Hits {
  const hitsFile = (place: { file: string }): boolean => fixed.some(({ file }) => file === place.file);
  const hitsLine = (place: { file: string; line: number }): boolean =>
    fixed.some(({ file, first, last }) => file === place.file && first - 5 <= place.line && place.line <= last + 5);
  const [top] = places;
  const three = places.slice(0, 3);
  return {
    file_first: top !== undefined && hitsFile(top),
    file_in_three: three.some(hitsFile),
    line_first: top !== undefined && hitsLine(top),
    line_in_three: three.some(hitsLine),
  };
}

type Seen = readonly { ours: Hits; baseline: Hits; no_test: Hits; ms: number; confidence: number }[];

const rate = (seen: Seen, method: "ours" | "baseline" | "no_test", measure: keyof Hits): number =>
  seen.length === 0 ? 0 : (100 * seen.filter((one) => one[method][measure]).length) / seen.length;

function table(seen: Seen): string {
  const rows = measures.map((measure) => {
    const rates = (["ours", "baseline", "no_test"] as const).map(
      (method) => `${rate(seen, method, measure).toFixed(0).padStart(3)} %`,
    );
    return `  ${titles[measure].padEnd(36)}${rates[0]}, innermost user frame ${rates[1]}, innermost non-test frame ${rates[2]}\n`;
  });
  const times = seen.map(({ ms }) => ms);
  rows.push(
    `  time per investigation: median ${median(times).toFixed(0)} ms, at most ${Math.max(0, ...times).toFixed(0)} ms\n`,
  );
  for (const [from, to] of [
    [0, 0.5],
    [0.5, 0.7],
    [0.7, 1],
  ] as const) {
    const within = seen.filter(({ confidence }) => confidence > from && confidence <= to);
    if (within.length > 0)
      rows.push(
        `  confidence ${from} to ${to}: right file in ${rate(within, "ours", "file_first").toFixed(0)} % of ${within.length}, right line in ${rate(within, "ours", "line_first").toFixed(0)} %\n`,
      );
  }
  return rows.join("");
}

/** Compares the hit rates; the target is twice the baseline's hit rate. */
function compareHits(measure: keyof Hits, seen: Seen): Comparison {
  const [ours, baseline] = [rate(seen, "ours", measure), rate(seen, "baseline", measure)];
  const medians = [
    { name: "the innermost user frame", median: baseline },
    { name: "debug", median: ours },
  ];
  return {
    what: titles[measure],
    medians,
    ratio: ours === 0 ? Number.POSITIVE_INFINITY : baseline / ours,
    at_most: 0.5,
    unit: "%",
  };
}
