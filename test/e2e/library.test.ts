import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Rig, root, task } from "../support/rig.ts";

/** Makes the rig a project with the package installed. */
function consumer(rig: Rig): void {
  mkdirSync(join(rig.folder, "node_modules/@types"), { recursive: true });
  symlinkSync(root, join(rig.folder, "node_modules/agent-dispatch"));
  symlinkSync(join(root, "node_modules/@types/node"), join(rig.folder, "node_modules/@types/node"));
  rig.write("package.json", { type: "module" });
}

test("the library runs a task file, yields events and the result, and prints nothing", async () => {
  await using rig = new Rig();
  consumer(rig);
  rig.write(
    "use.js",
    `import { run } from "agent-dispatch";
     import { writeFileSync } from "node:fs";
     const running = run({ text: ${JSON.stringify(JSON.stringify({ tasks: [task("a", "echo '[1]'"), task("b", "exit 3", { dependencies: ["a"] })] }))} });
     const types = [];
     for await (const event of running) types.push(event.type);
     writeFileSync("seen.json", JSON.stringify({ types, result: await running.result }));`,
  );
  const printed = execFileSync(process.execPath, ["use.js"], { cwd: rig.folder, encoding: "utf8" });
  expect(printed).toBe("");
  const seen = JSON.parse(rig.read("seen.json")) as { types: string[]; result: { status: string } };
  expect(seen.result.status).toBe("partial");
  expect(seen.types[0]).toBe("run.started");
  expect(seen.types.at(-1)).toBe("run.finished");
  expect(seen.types.filter((type) => type === "task.finished")).toHaveLength(2);
});

test("commands inherit the environment passed to the library", async () => {
  await using rig = new Rig();
  consumer(rig);
  rig.write(
    "use.js",
    `import { run } from "agent-dispatch";
     const env = { PATH: process.env.PATH, GREETING: "hello" };
     const text = ${JSON.stringify(JSON.stringify({ tasks: [task("a", "echo $GREETING,$OUTER")] }))};
     const { results } = await run({ text, env }).result;
     if (results[0].output.stdout.trim() !== "hello,") throw new Error(JSON.stringify(results));`,
  );
  const env = { ...process.env, OUTER: "must not arrive" };
  execFileSync(process.execPath, ["use.js"], { cwd: rig.folder, env, stdio: "pipe" });
});

test.skipIf(process.platform !== "linux")("the library loads koffi only with fast_spawn", async () => {
  await using rig = new Rig();
  consumer(rig);
  rig.write(
    "use.js",
    `import { Module } from "node:module";
     const asked = [];
     const load = Module._load;
     Module._load = (name, ...rest) => { if (name === "koffi") asked.push(name); return load(name, ...rest); };
     const { run } = await import("agent-dispatch");
     const text = ${JSON.stringify(JSON.stringify({ tasks: [task("a", "echo 7")] }))};
     for (const [options, expected] of [[{}, 0], [{ fast_spawn: false }, 0], [{ fast_spawn: true }, 1]]) {
       const { results } = await run({ text, ...options }).result;
       if (results[0].output !== 7 || asked.length !== expected) throw new Error(JSON.stringify({ options, results, asked }));
     }`,
  );
  execFileSync(process.execPath, ["use.js"], { cwd: rig.folder, stdio: "pipe" });
});

test("the library rejects invalid input with every problem, and stops at an abort", async () => {
  await using rig = new Rig();
  consumer(rig);
  rig.write(
    "use.js",
    `import { DispatchError, run } from "agent-dispatch";
     const bad = await run({ text: '{"tasks": [{}]}' }).result.catch((error) => error);
     if (!(bad instanceof DispatchError) || bad.problems.length !== 2) throw bad;
     const stop = new AbortController();
     const running = run({ text: ${JSON.stringify(JSON.stringify({ tasks: [task("a", ["sleep", "1000"])] }))}, signal: stop.signal });
     for await (const event of running) if (event.type === "attempt.input") stop.abort();
     const result = await running.result;
     if (result.results[0].status !== "cancelled" || result.results[0].error_kind !== "interrupted") throw new Error(JSON.stringify(result));`,
  );
  execFileSync(process.execPath, ["use.js"], { cwd: rig.folder, stdio: "pipe" });
  expect(rig.runs()).toHaveLength(1);
});

test("the library's types compile in a strict project", async () => {
  await using rig = new Rig();
  consumer(rig);
  rig.write("tsconfig.json", {
    compilerOptions: {
      strict: true,
      noEmit: true,
      module: "nodenext",
      target: "es2024",
      lib: ["es2024", "esnext"],
      types: ["node"],
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    },
    files: ["use.ts"],
  });
  rig.write(
    "use.ts",
    `import { run, type RunResult } from "agent-dispatch";
     const running = run({ text: "{}" });
     for await (const event of running) if (event.type === "task.finished") event.outcome.status satisfies "success" | "error" | "skipped" | "cancelled";
     const result: RunResult = await running.result;
     result.results[0]?.task_id satisfies string | undefined;
     // @ts-expect-error a result has no such key: it is not typed as any
     result.nothing;`,
  );
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  expect(() =>
    execFileSync(process.execPath, [tsc, "-p", "."], { cwd: rig.folder, stdio: "pipe", encoding: "utf8" }),
  ).not.toThrow();
});
