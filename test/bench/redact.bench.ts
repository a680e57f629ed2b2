/** Measures masking: a run whose tasks print much, against the same run with `--no-redact`. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin } from "../support/rig.ts";
import { type Comparison, type Contender, compare, timeCommand } from "./measure.ts";

const count = 200;
const bytes = 200_000;

/** Not a literal, so that secret scanners do not report this file. */
const token = ["ghp", "0aB1".repeat(9)].join("_");

/** Returns output like that of test runners and servers, with a secret in every twentieth file. */
function logText(i: number): string {
  const lines: string[] = [];
  for (let n = 0, length = 0; length < bytes; n++) {
    const line =
      n % 3 === 0
        ? `2026-03-0${1 + (n % 9)}T12:00:${n % 60}Z info  request_id=req-${i}-${n} GET https://api.example.com/v1/users/${n} 200 in ${n % 97} ms`
        : n % 3 === 1
          ? `  ✓ src/accounts/access_control.test.ts > keeps the key of user ${n} to itself (${n % 50} ms)`
          : `    at Object.<anonymous> (/home/ci/project/node_modules/some-library/dist/index.js:${n}:17)`;
    lines.push(n === 700 && i % 20 === 0 ? `remote: https://x:${token}@github.com` : line);
    length += line.length + 1;
  }
  return `${lines.join("\n")}\n`;
}

/** Returns a report like those of linters and agents. */
function reportJson(i: number): string {
  const findings = Array.from({ length: bytes / 200 }, (_, n) => ({
    id: `finding-${i}-${n}`,
    file: `src/room-${n % 12}/file-${n}.ts`,
    message: "Unexpected any. Specify a different type, or add a comment that explains it.",
    severity: n % 7,
    documentation_url: `https://rules.example.com/no-any#${n}`,
    ...(n === 500 && i % 20 === 1 ? { log: `Authorization: token ${token}` } : {}),
  }));
  return JSON.stringify({ findings });
}

export default async function redaction(): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  mkdirSync(join(folder, "printed"));
  const tasks = Array.from({ length: count }, (_, i) => {
    writeFileSync(join(folder, "printed", String(i)), i % 2 === 0 ? logText(i) : reportJson(i));
    return { task_id: `t${i}`, agent: "command", input_data: { command: ["cat", `printed/${i}`] } };
  });
  writeFileSync(join(folder, "tasks.json"), JSON.stringify({ tasks, config: { max_workers: 2 } }));
  const env = {
    ...process.env,
    SERVICE_TOKEN: "9f".repeat(20),
    SERVICE_PASSWORD: "correct horse battery",
    OTHER_API_KEY: "k-".repeat(12),
  };
  const dispatch = (name: string, ...flags: string[]): Contender => ({
    name,
    once() {
      rmSync(join(folder, "traces"), { recursive: true, force: true });
      const took = timeCommand(process.execPath, [bin, "run", "tasks.json", "-q", "-o", "result.json", ...flags], {
        cwd: folder,
        env,
      });
      const found = readFileSync(join(folder, "result.json"), "utf8").includes(token);
      if (found !== flags.includes("--no-redact")) throw new Error(`${name}: the secret is ${found ? "not masked" : "masked"}`);
      return took;
    },
  });
  const what = `${count} tasks that print ${bytes / 1000} kB each, masked, against the same run with --no-redact`;
  const comparison = await compare(what, 1.15, [dispatch("masked"), dispatch("--no-redact", "--no-redact")], { rounds: 9 });
  rmSync(folder, { recursive: true, force: true });
  return [comparison];
}
