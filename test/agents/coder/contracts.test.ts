import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunResult } from "../../../src/index.ts";
import { Rig } from "../../support/rig.ts";
import { type CoderOutput, type Contract, contracts, judge, no_python } from "./judge.ts";

/**
 * The contracts that hold so far, written by somebody else than the agent's author. The others are expected to fail, by
 * name: one that begins to hold fails its test here, and moves into this list.
 */
const kept = new Set(["bank-transfer"]);

const fileName = ({ input_data }: Contract): string | undefined => input_data["output_path"] as string | undefined;

describe.skipIf(no_python !== undefined)(
  `a node from each of 30 contracts${no_python === undefined ? "" : ` (${no_python})`}`,
  () => {
    let rig: Rig;
    let result: RunResult;

    const nodes = (): string => join(rig.folder, "nodes");

    const task_file = (): object => ({
      tasks: contracts.map((contract) => {
        const file = fileName(contract);
        const output_path = file === undefined ? {} : { output_path: join(nodes(), file) };
        return {
          task_id: contract.id,
          agent: "coder",
          description: `Write a node for ${contract.domain}`,
          input_data: { ...contract.input_data, ...output_path },
        };
      }),
      config: { max_workers: 4 },
    });

    const outputOf = (contract: Contract): CoderOutput => {
      const row = result.results.find(({ task_id }) => task_id === contract.id);
      expect(row, contract.id).toMatchObject({ status: "success", error: null });
      return row?.output as CoderOutput;
    };

    beforeAll(async () => {
      rig = new Rig();
      ({ result } = await rig.dispatch(task_file()));
    });

    afterAll(() => rig.close());

    for (const contract of contracts) {
      const promise = kept.has(contract.id) ? test.concurrent : test.concurrent.fails;
      promise(`${contract.id} keeps its contract when it runs`, async () => {
        const output = outputOf(contract);
        const file = fileName(contract);
        const judged = file === undefined ? rig.write(`returned/${contract.id}.py`, output.code) : join(nodes(), file);
        expect(readFileSync(judged, "utf8"), "the file holds the code that the output shows").toBe(output.code);
        if (file !== undefined) expect(output.output_path).toBe(judged);
        expect(await judge(judged, contract.expect, output)).toEqual([]);
      });
    }

    // Both want every contract to be written at all, and two are not yet.
    test.fails("any two contracts give two different nodes, not only in their names", () => {
      const bodies = contracts.map((contract) => {
        const { code } = outputOf(contract);
        const name = /class Node(\w+?)(?:Effect|Compute|Reducer|Orchestrator)/.exec(code)?.[1] ?? "";
        return code.replaceAll(name, "Name").replaceAll(/("""|''')[\s\S]*?\1|#.*/g, "");
      });
      const twins = bodies.flatMap((body, at) =>
        bodies.slice(0, at).flatMap((other, before) => (body === other ? [[contracts[before]?.id, contracts[at]?.id]] : [])),
      );
      expect(twins).toEqual([]);
    });

    test.fails("the same file again works, and changes no byte", async () => {
      const files = contracts.flatMap((contract) => fileName(contract) ?? []);
      const read = (): string[] => files.map((file) => readFileSync(join(nodes(), file), "utf8"));
      const before = read();
      const again = await rig.dispatch(task_file());
      expect(again.result.results.filter(({ status }) => status !== "success")).toEqual([]);
      expect(again.exit_code).toBe(0);
      expect(read()).toEqual(before);
      const codes = (run: RunResult): unknown[] => run.results.map(({ output }) => (output as CoderOutput).code);
      expect(codes(again.result)).toEqual(codes(result));
    });
  },
);
