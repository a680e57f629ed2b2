import * as z from "zod";
import { once } from "#config";

const text = z.string();

/** The schema of `input_data` for the agent `debug`. */
export const inputSchema = once(() =>
  z
    .looseObject({
      problem_description: text.min(1).optional().describe("the problem, in words"),
      issue_description: text.min(1).optional().describe("another name for problem_description; one of the two is required"),
      affected_files: z.array(text.min(1)).optional().describe("files to examine, absolute or relative to the workspace"),
      error_traces: z
        .union([z.array(text), text], { error: "must be a list of strings, each a stack trace or an error message" })
        .optional()
        .describe("stack traces, test output or error messages of any length"),
      analysis_depth: z
        .enum(["quick", "standard", "deep"])
        .optional()
        .describe(
          "quick reads the named files, standard (the default) adds git and call sites, deep follows callers and history",
        ),
      time_budget_ms: z
        .int()
        .min(100)
        .max(600_000)
        .optional()
        .describe(
          "time limit of the investigation in milliseconds, 2000 by default; not_seen lists what it skips for lack of time",
        ),
      hypothesis: text.optional().describe("a possible cause; the report lists the evidence for and against it"),
      code: text.optional().describe("code to examine; with file_path, the content of that file"),
      file_path: text.min(1).optional().describe("a file to examine, or the name of the file that `code` belongs to"),
      pre_gathered_context: z
        .record(text, z.union([text, z.looseObject({})], { error: "must be text or an object {type, content, metadata}" }))
        .optional()
        .describe("context gathered earlier: key -> text or {type, content, metadata}"),
    })
    .superRefine((input, context) => {
      if (input.problem_description !== undefined || input.issue_description !== undefined) return;
      context.addIssue({
        code: "custom",
        path: ["problem_description"],
        message: "is missing, and so is issue_description: describe the problem in words",
      });
    })
    .meta({ id: "DebugInput", anyOf: [{ required: ["problem_description"] }, { required: ["issue_description"] }] }),
);

/** The input of the agent `debug`. */
export type DebugInput = z.infer<ReturnType<typeof inputSchema>>;

/**
 * Returns the input with each text passed through `hide`. Secrets must be masked before texts are shortened, because a
 * part of a secret no longer looks like one.
 */
export function hideIn(input: DebugInput, hide: (text: string) => string): DebugInput {
  const inside = (value: unknown): unknown => {
    if (typeof value === "string") return hide(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(inside);
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inside(one)]));
  };
  // The cast is safe: only the contents of strings change.
  return inside(input) as DebugInput;
}
