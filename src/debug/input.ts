import * as z from "zod";
import { once } from "#config";

const text = z.string();

/** What `input_data` of the agent `debug` may be. */
export const inputSchema = once(() =>
  z
    .looseObject({
      problem_description: text.min(1).optional().describe("what is wrong, in words"),
      issue_description: text.min(1).optional().describe("another name of problem_description; one of them is needed"),
      affected_files: z.array(text.min(1)).optional().describe("files to look at, absolute or relative to the workspace"),
      error_traces: z
        .union([z.array(text), text], { error: "must be a list of strings, each a stack trace or an error message" })
        .optional()
        .describe("stack traces, test output or error messages of any length"),
      analysis_depth: z
        .enum(["quick", "standard", "deep"])
        .optional()
        .describe(
          "quick reads what is named, standard (the default) adds git and call sites, deep follows callers and history",
        ),
      time_budget_ms: z
        .int()
        .min(100)
        .max(600_000)
        .optional()
        .describe(
          "how long the investigation may take, 2000 without it; what it leaves out for lack of time stands in not_seen",
        ),
      hypothesis: text.optional().describe("what may be the cause; the report says what speaks for and against it"),
      code: text.optional().describe("code to examine; with file_path, the code of that file"),
      file_path: text.min(1).optional().describe("a file to examine, or the name that `code` goes by"),
      pre_gathered_context: z
        .record(text, z.union([text, z.looseObject({})], { error: "must be text or an object {type, content, metadata}" }))
        .optional()
        .describe("what is known already: key -> text or {type, content, metadata}"),
    })
    .superRefine((input, context) => {
      if (input.problem_description !== undefined || input.issue_description !== undefined) return;
      context.addIssue({
        code: "custom",
        path: ["problem_description"],
        message: "is missing, and so is issue_description: say in words what is wrong",
      });
    })
    .meta({ id: "DebugInput", anyOf: [{ required: ["problem_description"] }, { required: ["issue_description"] }] }),
);

/** What the agent `debug` takes. */
export type DebugInput = z.infer<ReturnType<typeof inputSchema>>;

/** The input with each text in it passed through `hide`: of a long one the report shows a part. */
export function hideIn(input: DebugInput, hide: (text: string) => string): DebugInput {
  const inside = (value: unknown): unknown => {
    if (typeof value === "string") return hide(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(inside);
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inside(one)]));
  };
  // Only what stands in its texts is another.
  return inside(input) as DebugInput;
}
