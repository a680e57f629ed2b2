/** Judges a generated node by running it: see judge/__main__.py. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

/** A field that must stand in the model. */
export interface ExpectedField {
  /** The names that the contract's words admit. */
  names: string[];
  /** The Python types that the words admit; `list` admits any `list[…]`. */
  types: string[];
  sample: unknown;
  /** The contract calls it optional. */
  optional?: boolean;
  /** It tells records apart, so a read need not give it back. */
  key?: boolean;
}

/** What the words of a contract ask of the node; nothing else is held against it. */
export interface Expectation {
  node_type: "Effect" | "Compute" | "Reducer" | "Orchestrator";
  /** Any class `Node…<Type>` where it is missing. */
  class_names?: string[];
  /** All of them; any other field is invented. None: `data: dict`. */
  fields: ExpectedField[];
  /** Names of fields that may stand there as well. */
  may?: string[];
  store: "postgresql" | "redis" | "http" | "file" | "none";
  open_points: "none" | "some" | "any";
  /** The words leave nothing open that keeps it from running, so it may not stop at an open point. */
  must_run?: boolean;
  /** In the order in which they are tried. `may_miss`: it may find nothing. */
  operations?: { verbs: string[]; role: "write" | "read" | "update" | "delete"; may_miss?: boolean; changes?: object }[];
  /** What a node with one operation does. */
  role?: "write" | "read";
  retries?: number;
  ttl_seconds?: number;
  transaction?: boolean;
  /** Values that the contract's words refuse. */
  rejects?: object[];
  /** Compute: changes to the sample input, and values that must stand in the output. */
  examples?: { input: object; holds: unknown[] }[];
  /** Reducer: changes to the sample event, and values that must stand in the state after them. */
  folds?: { events: object[]; holds: unknown[] }[];
  /** Orchestrator: the verbs of each step, of its undoing where the contract names it, and what it is done to. */
  steps?: string[][];
  undo?: string[][];
  things?: string[][];
  nothing_to_undo?: number[];
}

/** A contract, as a user would paste it, and what must hold. */
export interface Contract {
  id: string;
  domain: string;
  /** The API description whose words it takes, and the operation. */
  source: string;
  input_data: Record<string, unknown> & { contract_description?: string; contract?: { name: string; description: string } };
  expect: Expectation;
}

/** What the agent says of the node that it wrote. */
export interface CoderOutput {
  output_path?: string | null;
  code: string;
  checks: unknown[];
  open_points: unknown[];
  context_used: unknown[];
  class_name?: string;
}

const contractsIn = (file: string): Contract[] =>
  // The file is this folder's own, and judge.test.ts looks at it.
  JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as Contract[];

/** The contracts, of many domains. */
export const contracts = contractsIn("contracts.json");

/** As many again, which the agent's author had not seen. */
export const unseen = contractsIn("unseen.json");

/** Of other domains again, written down before anybody looked at how they are read. */
export const fresh = contractsIn("fresh.json");

/** Why nothing can be judged here. */
export const no_python =
  spawnSync("python3", ["-I", "-S", "-c", "import sys; sys.exit(sys.version_info < (3, 10))"]).status === 0
    ? undefined
    : "needs python3, 3.10 or later";

/** What is wrong with the node in this file, as sentences. */
export async function judge(file: string, expect: Expectation, output: Pick<CoderOutput, "open_points">): Promise<string[]> {
  const child = spawn("python3", ["-I", "-S", "-B", new URL("judge", import.meta.url).pathname], { stdio: "pipe" });
  child.stdin.end(JSON.stringify({ file, expect, output }));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  try {
    return (JSON.parse(stdout) as { findings: string[] }).findings;
  } catch {
    return [`It ended its judge: ${stderr || stdout}`];
  }
}

/** The text of a contract. */
export const wordsOf = ({ input_data }: Contract): string =>
  input_data.contract?.description ?? input_data.contract_description ?? "";
