/** Judges a generated node by running it: see judge/__main__.py. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

/** A field that the model must have. */
export interface ExpectedField {
  /** The names that the contract allows. */
  names: string[];
  /** The Python types that the contract allows; `list` allows any `list[…]`. */
  types: string[];
  sample: unknown;
  /** The contract calls it optional. */
  optional?: boolean;
  /** It identifies records, so a read need not return it. */
  key?: boolean;
}

/** What a contract asks of its node; the judge checks nothing else. */
export interface Expectation {
  node_type: "Effect" | "Compute" | "Reducer" | "Orchestrator";
  /** If omitted, any class `Node…<Type>`. */
  class_names?: string[];
  /** All fields; any other is invented. If empty, the input is `data: dict`. */
  fields: ExpectedField[];
  /** Names of other fields that are allowed. */
  may?: string[];
  store: "postgresql" | "redis" | "http" | "file" | "none";
  open_points: "none" | "some" | "any";
  /** The contract leaves nothing open that keeps it from running, so it must not stop at an open point. */
  must_run?: boolean;
  /** In the order of the trial. With `may_miss`, a read may find nothing. */
  operations?: { verbs: string[]; role: "write" | "read" | "update" | "delete"; may_miss?: boolean; changes?: object }[];
  /** The role of a single operation. */
  role?: "write" | "read";
  retries?: number;
  ttl_seconds?: number;
  transaction?: boolean;
  /** Values that the contract rejects. */
  rejects?: object[];
  /** Compute: changes to the sample input, and values that the output must contain. */
  examples?: { input: object; holds: unknown[] }[];
  /** Reducer: changes to the sample event, and values that the state must contain after them. */
  folds?: { events: object[]; holds: unknown[] }[];
  /** Orchestrator: the verbs of each step, of its compensation if the contract names one, and its objects. */
  steps?: string[][];
  undo?: string[][];
  things?: string[][];
  nothing_to_undo?: number[];
}

/** A contract, as a user would paste it, and what its node must do. */
export interface Contract {
  id: string;
  domain: string;
  /** The API description that it quotes, and the operation. */
  source: string;
  input_data: Record<string, unknown> & { contract_description?: string; contract?: { name: string; description: string } };
  expect: Expectation;
}

/** The agent's output. */
export interface CoderOutput {
  output_path?: string | null;
  code: string;
  checks: unknown[];
  open_points: unknown[];
  context_used: unknown[];
  class_name?: string;
}

const contractsIn = (file: string): Contract[] =>
  // The file is in this folder, and judge.test.ts checks it.
  JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as Contract[];

/** Contracts of many domains. */
export const contracts = contractsIn("contracts.json");

/** As many more, which the agent's author had not seen. */
export const unseen = contractsIn("unseen.json");

/** Contracts of further domains, written before the agent was run on them. */
export const fresh = contractsIn("fresh.json");

/** Why nodes cannot be judged on this machine, or undefined. */
export const no_python =
  spawnSync("python3", ["-I", "-S", "-c", "import sys; sys.exit(sys.version_info < (3, 10))"]).status === 0
    ? undefined
    : "needs python3, 3.10 or later";

/** Returns what is wrong with the node in a file, as sentences. */
export async function judge(file: string, expect: Expectation, output: Pick<CoderOutput, "open_points">): Promise<string[]> {
  const child = spawn("python3", ["-I", "-S", "-B", new URL("judge", import.meta.url).pathname], { stdio: "pipe" });
  child.stdin.end(JSON.stringify({ file, expect, output }));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  try {
    return (JSON.parse(stdout) as { findings: string[] }).findings;
  } catch {
    return [`The judge crashed: ${stderr || stdout}`];
  }
}

/** Returns the text of a contract. */
export const wordsOf = ({ input_data }: Contract): string =>
  input_data.contract?.description ?? input_data.contract_description ?? "";
