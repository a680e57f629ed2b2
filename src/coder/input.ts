import * as z from "zod";
import { once } from "#config";
import { node_types } from "./design.ts";

/** Which failed checks fail the task, strictest first. */
export const validation_levels = ["strict", "moderate", "lenient"] as const;

/** Returns whether a string holds a reference, which is resolved only when the task starts. */
const hasReference = (text: string): boolean => text.includes("${");

/** A string that must be one of `words`, in any case. The schema does not list them: the value may be a reference. */
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
  name: non_blank.optional().describe("the node's name"),
  description: non_blank.describe("what the node does, in plain words"),
  type: oneOf(node_types).optional().describe("Effect, Compute, Reducer or Orchestrator"),
});

/** The input of the agent `coder`; unknown keys are kept and ignored. */
export const inputSchema = once(() =>
  z
    .looseObject({
      contract_description: non_blank
        .optional()
        .describe("what the node does, in plain words; either this or `contract` is required"),
      contract: contract_schema.optional().describe("the contract as an object: {name, description, type}"),
      node_type: oneOf(node_types)
        .optional()
        .describe("Effect, Compute, Reducer or Orchestrator; required if the contract does not say"),
      output_path: path
        .refine((text) => !/\.(?!py$)[a-z]\w*$/i.test(text), "must end in .py, because the node is written in Python")
        .optional()
        .describe(
          "file to write, such as node_user_writer_effect.py, relative to the workspace; without it, the code is only returned",
        ),
      context_files: z
        .array(path)
        .optional()
        .describe("files with classes and tables that the contract refers to, relative to the workspace"),
      validation_level: oneOf(validation_levels)
        .default("moderate")
        .describe("strict fails on any finding, moderate (the default) on errors, lenient on syntax errors"),
      language: oneOf(["python"]).optional().describe("only python"),
      pre_gathered_context: z
        .record(z.string(), z.unknown())
        .optional()
        .describe("context by key: text or {type, content, metadata}"),
      overwrite: z
        .boolean()
        .default(false)
        .describe("replace a file even if dispatch did not write it or it was changed since"),
    })
    .superRefine((input, context) => {
      if (input.contract_description === undefined && input.contract === undefined) {
        context.addIssue({
          code: "custom",
          path: ["contract_description"],
          message: "is missing: describe the node in it or in `contract`",
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
      const names_type = texts.some(
        (text) =>
          text !== undefined && (hasReference(text) || /(?:^|[^a-z])(?:effect|compute|reducer|orchestrator)/i.test(text)),
      );
      if (!names_type)
        context.addIssue({
          code: "custom",
          path: ["node_type"],
          message: `is missing, and neither the contract nor the file name gives a type: set it to one of ${node_types.join(", ")}`,
        });
    })
    .meta({ id: "CoderInput" }),
);

/** The parsed input; see `inputSchema`. */
export type CoderInput = z.infer<ReturnType<typeof inputSchema>>;

/** The input keys that `coder` reads. */
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
