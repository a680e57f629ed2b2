import { confidenceOf, type Evidence } from "./confidence.ts";
import { contextEvidence, type EvidenceSources, linesAround } from "./evidence.ts";
import type { RootCause } from "./report.ts";
import { findValueError, returnLine, valueSources } from "./value-sources.ts";

/** Maximum number of functions reported as sources of a failing value. */
const max_sources = 2;

/**
 * Inserts the functions that produce the failing values after the failing frame, because a wrong type or a None rarely
 * comes from the line that fails on it. A function that is already a suspect keeps its other evidence.
 */
export function withValueSources(
  by_trace: readonly RootCause[],
  named: readonly string[],
  sources: EvidenceSources,
): RootCause[] {
  const { location, workspace, context } = sources;
  const failed = findValueError(location.errors);
  const [first, ...others] = by_trace;
  if (failed === undefined || first === undefined) return [...by_trace];
  const { error, frames } = failed;
  const place = `${frames[0]?.file}:${frames[0]?.line}`;
  const is_missing = /None|null|undefined|nil/.test(error.message);
  const value_sources = valueSources(frames, workspace).slice(0, max_sources);
  const causes = value_sources.flatMap(({ definition, value, called_at }): RootCause[] => {
    const { file, name } = definition;
    if (file === first.file && name === first.name) return [];
    const origin =
      value === undefined
        ? `${name} is called on the line that fails`
        : `${name} produces the value \`${value}\` that fails here`;
    const flow: Evidence = {
      kind: "flow",
      text: `${origin}: ${place}${called_at === place ? "" : `, called at ${called_at}`}.`,
    };
    const known = others.find((one) => one.file === file && one.name === name);
    const evidence = [
      flow,
      ...(known?.evidence ?? [
        ...(named.includes(file) ? [{ kind: "named" as const, text: `The input names ${file}.` }] : []),
        ...contextEvidence(file, name, context),
      ]),
    ];
    const line = known?.line ?? returnLine(definition, is_missing, workspace);
    const claim = `${origin}: ${error.type ?? "the error"} at ${place}.`;
    return [
      { file, line, name, claim, confidence: confidenceOf(evidence), evidence, lines: linesAround(workspace, file, line) },
    ];
  });
  const rest = others.filter((one) => !causes.some(({ file, name }) => file === one.file && name === one.name));
  return [first, ...causes, ...rest];
}
