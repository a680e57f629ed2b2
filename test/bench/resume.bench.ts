/** The cost of surviving crashes: syncing the journal, replaying it, and resuming a finished run. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunFolder, journalLine, runFolder } from "../../src/traces/index.ts";
import { bin, root } from "../support/rig.ts";
import { type Comparison, type Contender, compare, runScript, timeCommand } from "./measure.ts";

const work = join(root, "test/bench/replay-work.ts");

export default async function resume(): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  try {
    const run_path = finishedRun(join(folder, "traces"), 10_000);
    const replay = (what: string): Contender => ({ name: what, once: () => runScript(work, [what, run_path]).ms });
    return [
      ...(await compareSyncs(folder)),
      await compare("replay of 100,000 events, against JSON.parse of their lines", 3, [replay("replay"), replay("parse")]),
      await compare("resume of a finished run of 10,000 tasks, against reading and parsing its journal and result", 3, [
        {
          name: "dispatch resume",
          once: () => timeCommand(process.execPath, [bin, "resume", "-q", "-o", "again.json"], { cwd: folder }),
        },
        { name: "read and parse", once: () => timeCommand(process.execPath, [work, "parse-all", run_path]) },
      ]),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A folder in memory: the times of a real disk's syncs change from minute to minute. */
const memory_folder = existsSync("/dev/shm") ? "/dev/shm/" : tmpdir();

async function compareSyncs(disk: string): Promise<Comparison[]> {
  const memory = mkdtempSync(join(memory_folder, "dispatch-bench-"));
  try {
    const what = "1,000 tasks that do nothing, against the same without syncing";
    const off = (folder: string) => synced(folder, "syncing off", "off");
    return [
      await compare(`${what}, journal synced`, 1.25, [synced(disk, "synced", "0"), off(disk)], { rounds: 7 }),
      await compare(`${what}, on a disk whose sync takes 5 ms`, 1.25, [synced(memory, "synced", "5"), off(memory)], {
        rounds: 7,
      }),
    ];
  } finally {
    rmSync(memory, { recursive: true });
  }
}

/** Measures a run of 1,000 tasks whose syncs take `ms` longer; `off` skips them. */
function synced(folder: string, name: string, ms: string): Contender {
  const tasks = Array.from({ length: 1000 }, (_, i) => ({
    task_id: `t${i}`,
    agent: "command",
    input_data: { command: ["/bin/true"] },
  }));
  writeFileSync(join(folder, "tasks.json"), JSON.stringify({ tasks, config: { max_workers: 2 } }));
  const env = { ...process.env, NODE_OPTIONS: `--require=${join(root, "test/bench/sync-off.cjs")}`, SYNC_MS: ms };
  return {
    name,
    once() {
      const trace_dir = mkdtempSync(join(folder, "traces-"));
      const args = [bin, "run", "tasks.json", "-q", "-o", "result.json", "--trace-dir", trace_dir];
      // A sync also waits for unwritten data of other processes, such as a run without syncs.
      spawnSync("sync");
      const took = timeCommand(process.execPath, args, { cwd: folder, env });
      const { summary } = JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) as { summary: { successful: number } };
      if (summary.successful !== tasks.length || readdirSync(trace_dir).length === 0)
        throw new Error("not all tasks succeeded");
      // Remove files in memory only: after removing many files, a disk is slow for minutes.
      if (folder.startsWith(memory_folder)) rmSync(trace_dir, { recursive: true });
      return took;
    },
  };
}

/** Creates a finished run with ten events per task. */
function finishedRun(trace_dir: string, count: number): string {
  const run_id = "20260101T000000000-abcdef";
  const ids = Array.from({ length: count }, (_, i) => `t${i}`);
  let seq = 0;
  const stamp = () => ({ v: 1 as const, seq: ++seq, time: new Date(1_767_225_600_000 + seq).toISOString(), run_id });
  const versions = { dispatch: "0", node: process.version, platform: "linux" };
  const input_data = { command: ["/bin/true"] };
  const started = journalLine({
    ...stamp(),
    type: "run.started",
    correlation_id: run_id,
    tasks: ids.map((task_id) => ({ task_id, agent: "command", description: "", dependencies: [] })),
    workspace_path: trace_dir,
    options: { max_workers: 2, timeout_seconds: 300, retries: 0, fail_fast: false, trace_dir, agents: {} },
    versions,
    run_folder: join(trace_dir, run_id),
    token: "first",
  });
  const text = JSON.stringify({ tasks: ids.map((task_id) => ({ task_id, agent: "command", input_data })) });
  createRunFolder(trace_dir, run_id, text, started);
  const lines: string[] = [started];
  for (const task_id of ids) {
    const of = { task_id, attempt: 1 };
    const addMessage = (message: string) =>
      lines.push(journalLine({ ...stamp(), type: "agent.message", ...of, text: message }));
    lines.push(journalLine({ ...stamp(), type: "task.ready", task_id }));
    lines.push(journalLine({ ...stamp(), type: "task.started", task_id, agent: "command" }));
    lines.push(journalLine({ ...stamp(), type: "attempt.started", ...of }));
    lines.push(journalLine({ ...stamp(), type: "attempt.input", ...of, input: input_data }));
    for (let i = 0; i < 4; i++) addMessage(`Step ${i} of the work on ${task_id}`);
    const end = { duration_ms: 3, status: "success", error: null, error_kind: null } as const;
    lines.push(journalLine({ ...stamp(), type: "attempt.finished", ...of, ...end }));
    const outcome = { status: "success", output: { n: seq } } as const;
    const task_end = { type: "task.finished", task_id, agent: "command", attempts: 1, execution_time_ms: 3, outcome } as const;
    lines.push(journalLine({ ...stamp(), ...task_end }));
  }
  const folder = runFolder(trace_dir, run_id);
  writeFileSync(folder.journal, lines.join(""));
  // The first resume writes the traces and the result.
  timeCommand(process.execPath, [bin, "resume", "-q", "--trace-dir", trace_dir, "-o", join(trace_dir, "result.json")]);
  return folder.path;
}
