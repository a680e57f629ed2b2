import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { type CoderOutput, contracts } from "./judge.ts";
import { promiseContracts } from "./promise.ts";

// The agent's author did not write these contracts.
promiseContracts(
  { name: "a node from each of 30 contracts", contracts, kept: new Set(contracts.map(({ id }) => id)) },
  (run) => {
    test("no two contracts give nodes that differ only in their names", () => {
      const bodies = contracts.map((contract) => {
        const { code } = run.outputOf(contract);
        const name = /class Node(\w+?)(?:Effect|Compute|Reducer|Orchestrator)/.exec(code)?.[1] ?? "";
        return code.replaceAll(name, "Name").replaceAll(/("""|''')[\s\S]*?\1|#.*/g, "");
      });
      const twins = bodies.flatMap((body, at) =>
        bodies.slice(0, at).flatMap((other, before) => (body === other ? [[contracts[before]?.id, contracts[at]?.id]] : [])),
      );
      expect(twins).toEqual([]);
    });

    test("running the same task file again changes no byte", async () => {
      const files = contracts.flatMap((contract) => run.fileOf(contract) ?? []);
      const read = (): string[] => files.map((file) => readFileSync(file, "utf8"));
      const before = read();
      const again = await run.rig.dispatch(run.task_file());
      expect(again.result.results.filter(({ status }) => status !== "success")).toEqual([]);
      expect(again.exit_code).toBe(0);
      expect(read()).toEqual(before);
      const codes = (made: RunResult): unknown[] => made.results.map(({ output }) => (output as CoderOutput).code);
      expect(codes(again.result)).toEqual(codes(run.result));
    });
  },
);
