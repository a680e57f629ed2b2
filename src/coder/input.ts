import * as z from "zod";
import { once } from "#config";
import { node_types } from "./design.ts";

/** How much a finding weighs, from the hardest on. */
export const validation_levels = ["strict", "moderate", "lenient"] as const;

/** A string that gets its value only when the task starts. */
const hasReference = (text: string): boolean => text.includes("${");

/** One of some words, in any case; the words stay open in the schema, for a reference may stand there. */
const oneOf = (words: readonly string[]) =>
  z.string().superRefine((text, context) => {
    if (hasReference(text) || words.some((word) => word.toLowerCase() === text.trim().toLowerCase())) return;
    context.addIssue({ code: "custom", message: `must be one of ${words.join(", ")}, not ${JSON.stringify(text)}` });
  });

const path = z
  .string()
  .min(1)
  .refine((text) => !text.includes("\0"), "must not hold a NUL character");

const non_blank = z.string().refine((text) => text.trim() !== "", "must not be empty");

const contract_schema = z.looseObject({
  name: non_blank.optional().describe("what the node is called"),
  description: non_blank.describe("what the node does, in plain words"),
  type: oneOf(node_types).optional().describe("Effect, Compute, Reducer or Orchestrator"),
});

/** What the agent `coder` takes; other keys are kept and ignored. */
export const inputSchema = once(() =>
  z
    .looseObject({
      contract_description: non_blank.optional().describe("what the node does, in plain words; this or `contract`"),
      contract: contract_schema.optional().describe("the same as {name, description, type}"),
      node_type: oneOf(node_types)
        .optional()
        .describe("Effect, Compute, Reducer or Orchestrator; where the contract does not say it"),
      output_path: path
        .refine((text) => !/\.(?!py$)[a-z]\w*$/i.test(text), "must end in .py, for the node is Python")
        .optional()
        .describe(
          "the file to write, best node_<name>_<type>.py; relative to the workspace; without it the code is only returned",
        ),
      context_files: z
        .array(path)
        .optional()
        .describe("files whose classes and tables the contract may mean; relative to the workspace"),
      validation_level: oneOf(validation_levels)
        .default("moderate")
        .describe("strict fails on any finding, moderate (the default) on errors, lenient on syntax"),
      language: oneOf(["python"]).optional().describe("only python"),
      pre_gathered_context: z
        .record(z.string(), z.unknown())
        .optional()
        .describe("context by key, as {type, content, metadata} or text"),
      overwrite: z.boolean().default(false).describe("replace a file that dispatch did not write, or that was changed since"),
    })
    .superRefine((input, context) => {
      if (input.contract_description === undefined && input.contract === undefined) {
        context.addIssue({
          code: "custom",
          path: ["contract_description"],
          message: "is missing: give it, or `contract`, to say what the node does",
        });
        return;
      }
      const texts = [
        input.node_type,
        input.contract?.type,
        input.contract_description,
        input.contract?.description,
        input.contract?.name,
        input.output_path,
      ];
      const says = texts.some(
        (text) =>
          text !== undefined && (hasReference(text) || /(?:^|[^a-z])(?:effect|compute|reducer|orchestrator)/i.test(text)),
      );
      if (!says)
        context.addIssue({
          code: "custom",
          path: ["node_type"],
          message: `is missing, and neither the contract nor the file name says it: give one of ${node_types.join(", ")}`,
        });
    })
    .meta({ id: "CoderInput" }),
);

/** See `inputSchema`. */
export type CoderInput = z.infer<ReturnType<typeof inputSchema>>;

/** The keys that mean something. */
export const known_keys: ReadonlySet<string> = new Set([
  "contract_description",
  "contract",
  "node_type",
  "output_path",
  "context_files",
  "validation_level",
  "language",
  "pre_gathered_context",
  "overwrite",
]);
