/** Agents with a vendor's adapter, whose program's output comes from the test. */
import type { RunResult } from "../../src/index.ts";
import { type Invocation, Rig } from "./rig.ts";

/** A started vendor's program, with its arguments and its prompt. */
export interface VendorTurn extends Invocation {
  /** Prints lines; objects as JSON. */
  printLines(...lines: (object | string)[]): void;
  argv: string;
  prompt: string;
}

/** Returns the configuration of such an agent. */
export async function vendorAgent(rig: Rig, adapter: string): Promise<{ adapter: string; command: string[] }> {
  const fake = (await rig.fake()).map((word) => `'${word}'`).join(" ");
  return { adapter, command: ["/bin/sh", "-c", `ARGV="$*" PROMPT="$(cat)" exec ${fake}`, "sh"] };
}

/** Waits for the next start of such a program. */
export async function nextTurn(rig: Rig): Promise<VendorTurn> {
  const invocation = await rig.nextInvocation();
  const printLines = (...lines: (object | string)[]): void =>
    invocation.print(lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
  return { ...invocation, printLines, argv: invocation.env["ARGV"] ?? "", prompt: invocation.env["PROMPT"] ?? "" };
}

/** Starts a run of one task whose agent `it` is such a program. */
export async function startVendorRun(adapter: string, task: object = {}, config: object = {}) {
  const rig = new Rig();
  const file = {
    tasks: [{ task_id: "a", agent: "it", description: "Do it", ...task }],
    config: { agents: { it: { ...(await vendorAgent(rig, adapter)), ...config } } },
  };
  const started = rig.start(["run"], { input: file });
  const next = () => nextTurn(rig);
  const row = async () => (JSON.parse((await started.ended).stdout) as RunResult).results[0];
  return { rig, started, next, row, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}
