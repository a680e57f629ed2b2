import { basename, resolve } from "node:path";
import type { AgentEvent, Job } from "#agents";
import { messageOf } from "#errors";
import { type AttemptOutcome, stoppedOutcome } from "#events";
import { type Check, checkCode, failuresAt, readFileName } from "./checks.ts";
import { createLookup, readContext } from "./context.ts";
import { nodeTypeIn } from "./contract.ts";
import { type NodeType, node_types } from "./design.ts";
import { generate } from "./generate.ts";
import { type CoderInput, inputSchema, known_keys, validation_levels } from "./input.ts";
import { followPatterns, readPatterns } from "./pattern.ts";
import { checkWithPython } from "./run-python.ts";
import { refusalOf, withMark, writeNode } from "./write.ts";

/** Reads the context, generates the node, checks it and writes it. Never throws: a bug becomes an `internal` error. */
export async function* runCoder(job: Job, signal: AbortSignal): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
  const warnings: string[] = [];
  try {
    const outcome = yield* writeFromContract(job, signal, warnings);
    return warnings.length === 0 ? outcome : { ...outcome, warnings };
  } catch (error) {
    return { status: "error", error_kind: "internal", error: `The node could not be generated: ${messageOf(error)}.` };
  }
}

async function* writeFromContract(
  job: Job,
  signal: AbortSignal,
  warnings: string[],
): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
  const input = inputSchema().parse(job.input);
  const ignored = Object.keys(input).filter((key) => !known_keys.has(key));
  if (ignored.length > 0) yield { type: "agent.message", text: `Unknown input keys were ignored: ${ignored.join(", ")}.` };
  const text = (input.contract_description ?? input.contract?.description ?? "").trim();
  const output_path = input.output_path === undefined ? undefined : resolve(job.workspace_path, input.output_path);
  const from_file_name = output_path === undefined ? undefined : readFileName(output_path);
  const node_type = typeOf(input, text, from_file_name?.node_type);
  if (node_type === undefined)
    return {
      status: "error",
      error_kind: "invalid_output",
      error: `The node type is unknown; it must be one of ${node_types.join(", ")}.`,
      suggestion: "Set node_type.",
    };
  const overwrite = input.overwrite;
  const refused = output_path === undefined ? undefined : refusalOf(output_path, overwrite);
  if (refused !== undefined) return { status: "error", error_kind: "agent", ...refused };

  const context = readContext(input.context_files ?? [], input.pre_gathered_context ?? {}, job.workspace_path);
  warnings.push(...context.warnings);
  const used = new Set(context.files);
  const name = from_file_name?.node_type === node_type ? from_file_name.name : input.contract?.name;
  const known_fields = createLookup(context, used);
  const { design, code: plain, open_points, notes } = generate({ text, name, node_type, known_fields });
  warnings.push(...notes);
  const patterns = readPatterns(input.pre_gathered_context ?? {}, node_type);
  const { code: body, followed } = followPatterns(plain, design.class_name, patterns);
  for (const { key, what } of followed) {
    used.add(key);
    yield { type: "agent.message", text: `${key}: ${what}.` };
  }
  const code = withMark(body);
  yield {
    type: "agent.message",
    text: `${design.class_name}: ${body.split("\n").length} lines, ${open_points.length} open points.`,
  };
  if (signal.aborted) return stoppedOutcome(signal.reason);

  const checks: Check[] = checkCode(code, { name: design.name, node_type, output_path });
  const by_python = await checkWithPython(job, code, signal);
  if (by_python === undefined || signal.aborted) return stoppedOutcome(signal.reason);
  checks.push(...by_python);
  const level = validation_levels.find((one) => one === input.validation_level.trim().toLowerCase()) ?? "moderate";
  const failures = failuresAt(checks, level);
  if (failures.length > 0) {
    const more = failures.length > 3 ? ` ${failures.length - 3} more not shown.` : "";
    const messages = failures
      .slice(0, 3)
      .map(({ message }) => message)
      .join(" ");
    return {
      status: "error",
      error_kind: "invalid_output",
      error: `The node fails the ${level} checks, so it was not written. ${messages}${more}`,
      suggestion: suggestionFor(failures, design.class_name),
    };
  }
  for (const { passed, message } of checks) if (!passed) warnings.push(message);
  if (output_path !== undefined) {
    // Check again: the file may have been created or changed since the first check.
    const refusal = refusalOf(output_path, overwrite) ?? writeNode(output_path, code);
    if (refusal !== undefined) return { status: "error", error_kind: "agent", ...refusal };
  }
  const output = {
    output_path: output_path ?? null,
    class_name: design.class_name,
    node_type,
    code,
    checks,
    open_points: open_points.map(({ method, what }) => `${method}: ${what}`),
    context_used: [...used],
  };
  return { status: "success", output, ...(output_path === undefined ? {} : { files_changed: [output_path] }) };
}

/** Returns the type from the input, else the start of the text, the file name, the contract's name or the whole text. */
function typeOf(input: CoderInput, text: string, of_file: NodeType | undefined): NodeType | undefined {
  const named_type = input.node_type ?? input.contract?.type;
  if (named_type !== undefined) return node_types.find((type) => type.toLowerCase() === named_type.trim().toLowerCase());
  return (
    nodeTypeIn(text.slice(0, 200)) ??
    of_file ??
    nodeTypeIn(input.contract?.name ?? "") ??
    nodeTypeIn(text) ??
    nodeTypeIn(basename(input.output_path ?? "").replaceAll("_", " "))
  );
}

function suggestionFor(failures: readonly Check[], class_name: string): string {
  const [first] = failures;
  if (first?.name === "file_name")
    return `Name the file node_<name>_<type>.py, or set validation_level to ${first.level === "error" ? "lenient" : "moderate"}.`;
  return `Reword the contract. If the wording is plain, ${class_name} was generated wrongly: report it as a bug.`;
}
