import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Account } from "../agent.ts";
import type { Program } from "./program.ts";

/** By what a program's user is signed in; a keychain shows itself to nobody. */
export function accountOf({ credentials, sign_in }: Program, env: Readonly<Record<string, string | undefined>>): Account {
  const variable = credentials.variables.find((name) => (env[name] ?? "") !== "");
  if (variable !== undefined) return { signed_in: variable };
  const { file } = credentials;
  const path = join(env[file.variable] || join(env["HOME"] || homedir(), file.folder), file.name);
  return existsSync(path) ? { signed_in: path } : { sign_in };
}
