import { expect, test } from "vitest";
import { summarizeRun } from "../../src/traces/index.ts";
import { readEnds } from "../../src/traces/summary.ts";
import { cutJournal, goodRun, killedRun, newestRun, spoilJournal } from "../support/recorded.ts";
import { Rig, task } from "../support/rig.ts";

test("a summary equals the whole journal's result, even if lines are longer than a block", async () => {
  await using rig = new Rig();
  const print = `head -c 200000 /dev/zero | tr '\\0' x`;
  await rig.dispatch({
    user_prompt: "y".repeat(200_000),
    tasks: [task("long", print), task("longer", `${print}; ${print}`), task("bad", "exit 1")],
  });
  const { started, result, folder } = newestRun(rig);
  expect(summarizeRun(folder)).toEqual({
    run_id: started.run_id,
    correlation_id: started.correlation_id,
    started_at: started.time,
    finished: true,
    status: "partial",
    summary: result.summary,
    user_prompt: started.user_prompt,
  });
  expect(readEnds(folder.journal)).toEqual({ started, result });
});

test("a run without an end is not finished, and foreign lines after an end do not matter", async () => {
  await using killed = new Rig();
  const run = await killedRun(killed);
  expect(readEnds(run.folder.journal)).toBeUndefined();
  expect(summarizeRun(run.folder)).toMatchObject({ finished: false, summary: { successful: 1, total_tasks: 3 } });

  await using cut = new Rig();
  const good = await goodRun(cut);
  cutJournal(cut, '"type":"run.finished","result":{');
  expect(summarizeRun(good.folder)).toMatchObject({ finished: false, status: "success" });

  await using spoiled = new Rig();
  const ended = await goodRun(spoiled);
  spoilJournal(spoiled);
  expect(summarizeRun(ended.folder)).toMatchObject({ finished: true, status: "success" });
});
