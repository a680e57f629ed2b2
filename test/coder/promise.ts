/** Runs the agent on a set of contracts, and judges each node by its contract. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { Rig } from "../support/rig.ts";
import { type CoderOutput, type Contract, judge, no_python } from "./judge.ts";

/** A set of contracts, and which of them must hold. */
export interface ContractSet {
  /** The name of the set in the report. */
  name: string;
  contracts: readonly Contract[];
  /** Ids of the contracts that must hold. The others must fail, and move here when they start to hold. */
  kept: ReadonlySet<string>;
}

/** A run of the agent on a set. */
export interface ContractRun {
  readonly rig: Rig;
  readonly result: RunResult;
  task_file(): object;
  /** Returns the agent's output; fails the test if there is none. */
  outputOf(contract: Contract): CoderOutput;
  /** Returns the node's file, or undefined if the contract asks for none. */
  fileOf(contract: Contract): string | undefined;
}

/** Defines one test per contract; `further` adds tests of the whole run. */
export function promiseContracts({ name, contracts, kept }: ContractSet, further?: (run: ContractRun) => void): void {
  const why_not = no_python === undefined ? "" : ` (${no_python})`;
  describe.skipIf(no_python !== undefined)(`${name}${why_not}`, () => {
    let rig: Rig;
    let result: RunResult;
    const held = new Set<string>();

    const fileOf = ({ input_data }: Contract): string | undefined => {
      const path = input_data["output_path"];
      return typeof path === "string" ? join(rig.folder, "nodes", path) : undefined;
    };

    const task_file = (): object => ({
      tasks: contracts.map((contract) => {
        const file = fileOf(contract);
        const output_path = file === undefined ? {} : { output_path: file };
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

    afterAll(() => {
      rig.close();
      const fails = contracts.filter(({ id }) => !held.has(id)).map(({ id }) => id);
      const which = fails.length === 0 ? "" : `; these do not: ${fails.join(", ")}`;
      process.stdout.write(`${name}: ${held.size} of ${contracts.length} hold${which}\n`);
    });

    for (const contract of contracts) {
      const promise = kept.has(contract.id) ? test.concurrent : test.concurrent.fails;
      promise(`${contract.id} fulfils its contract when it runs`, async () => {
        const output = outputOf(contract);
        const file = fileOf(contract);
        const judged = file ?? rig.write(`returned/${contract.id}.py`, output.code);
        expect(readFileSync(judged, "utf8"), "the file contains the code in the output").toBe(output.code);
        if (file !== undefined) expect(output.output_path).toBe(file);
        expect(await judge(judged, contract.expect, output)).toEqual([]);
        held.add(contract.id);
      });
    }

    further?.({
      get rig() {
        return rig;
      },
      get result() {
        return result;
      },
      task_file,
      outputOf,
      fileOf,
    });
  });
}
