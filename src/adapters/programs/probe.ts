import type { Probe, Where } from "#agents";
import { runQuery } from "#process";
import { installLine } from "../turn/conclude.ts";
import { agentEnvironment } from "../turn/environment.ts";
import type { AgentSettings } from "../turn/settings.ts";
import { findProgram } from "./find-program.ts";
import type { Program } from "./program.ts";

/** Longest that a program may take to tell its version; milliseconds. */
const patience_ms = 20_000;

/** Whether a program is here, and new enough: it is asked for its version, which costs nothing. */
export async function probeProgram(program: Program, settings: AgentSettings, { env, cwd }: Where): Promise<Probe> {
  const [file, ...args] = settings.command ?? [program.file];
  if (findProgram(file, env["PATH"], cwd) === undefined) {
    return { found: false, why_not: `${file} was not found; install it: ${installLine(program)}` };
  }
  const child_env = { ...agentEnvironment(env, program.env_prefixes, settings.pass_env), ...settings.env };
  const answer = await runQuery([file, ...args, "--version"], {
    cwd,
    env: child_env,
    signal: AbortSignal.timeout(patience_ms),
  });
  if (!answer.ok) return { found: false, why_not: `${file} --version failed: ${answer.why}` };
  const version = /\d+\.\d+\.\d+[\w.-]*/.exec(answer.stdout.toString())?.[0] ?? "unknown version";
  return isOlder(version, program.least_version)
    ? { found: false, why_not: `version ${version} is too old; update it: ${installLine(program)}@latest` }
    : { found: true, version };
}

function isOlder(version: string, least: string): boolean {
  const numbers = version.split(/[.-]/).map(Number);
  for (const [i, wanted] of least.split(".").map(Number).entries()) {
    const found = numbers[i] ?? 0;
    if (Number.isNaN(found) || found !== wanted) return found < wanted;
  }
  return false;
}
