/** Agents that are vendors' programs by name, and for which the test speaks. */
import type { RunResult } from "../../src/index.ts";
import { type Invocation, Rig } from "./rig.ts";

/** A program of a vendor that was started, and what it was told. */
export interface Turn extends Invocation {
  /** Prints lines; an object as JSON. */
  say(...lines: (object | string)[]): void;
  argv: string;
  prompt: string;
}

/** What stands in a configuration for such an agent. */
export async function vendorAgent(rig: Rig, adapter: string): Promise<{ adapter: string; command: string[] }> {
  const fake = (await rig.fake()).map((word) => `'${word}'`).join(" ");
  return { adapter, command: ["/bin/sh", "-c", `ARGV="$*" PROMPT="$(cat)" exec ${fake}`, "sh"] };
}

/** The next start of such a program. */
export async function nextTurn(rig: Rig): Promise<Turn> {
  const invocation = await rig.nextInvocation();
  const say = (...lines: (object | string)[]): void =>
    invocation.print(lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
  return { ...invocation, say, argv: invocation.env["ARGV"] ?? "", prompt: invocation.env["PROMPT"] ?? "" };
}

/** A rig whose agent `it` is a vendor's program that the test speaks for. */
export async function rigOf(adapter: string, task: object = {}, config: object = {}) {
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
