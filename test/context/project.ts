/** A separate workspace for each test. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ContextPool, type ContextTask, gatherContext } from "../../src/context/index.ts";

/** A temporary folder, removed when it is disposed. */
export class Project {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "dispatch-context-")));

  write(path: string, content: string | Uint8Array): string {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  link(path: string, target: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    symlinkSync(target, join(this.root, path));
  }

  git(...args: string[]): void {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
    execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.com", ...args], { cwd: this.root, env });
  }

  /** Gathers context for one task with these requirements, or for several tasks. */
  gather(requirements: readonly string[], more: GatherMore = {}): Promise<ContextPool> {
    const { text = "", has_upstream = false, tasks, ...options } = more;
    return gatherContext({
      tasks: tasks ?? [{ task_id: "a", requirements, text, has_upstream }],
      workspace_path: this.root,
      max_tokens_per_task: 5000,
      signal: new AbortController().signal,
      ...options,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

type GatherMore = Partial<Parameters<typeof gatherContext>[0]> & {
  text?: string;
  has_upstream?: boolean;
  tasks?: ContextTask[];
};

/** Returns the keys of the context of task `a`. */
export const keysOf = (pool: ContextPool): string[] => [...(pool.packed("a")?.entries.keys() ?? [])];

/** Returns the entry of task `a` under a key. */
export function entryOf(pool: ContextPool, key: string) {
  const entry = pool.packed("a")?.entries.get(key);
  if (entry === undefined) throw new Error(`Task a has no entry ${key}; missing: ${JSON.stringify(pool.missing)}`);
  return entry;
}

/** Returns why a key found nothing. */
export const whyNot = (pool: ContextPool, key: string): string | undefined => pool.missing.find((one) => one.key === key)?.why;
