import { rmSync } from "node:fs";
import { Parser } from "commonmark";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { code, escapeText, fence, renderMarkdown } from "../../src/reports/markdown.ts";
import { renderReport } from "../../src/reports/report.ts";
import { viewRun } from "../../src/reports/run-view.ts";
import type { RecordedRun } from "../../src/traces/index.ts";
import { damageLine, goodRun, interruptedRun, killedRun, mixedRun, newestRun, spoilJournal } from "../support/recorded.ts";
import { Rig, task } from "../support/rig.ts";

/** The literal texts of all nodes of a kind, as the reference parser reads them. */
function literals(markdown: string, kind: string): string[] {
  const found: string[] = [];
  const walker = new Parser().parse(markdown).walker();
  for (let step = walker.next(); step !== null; step = walker.next())
    if (step.entering && step.node.type === kind) found.push(step.node.literal ?? "");
  return found;
}

/** Unicode text in which what Markdown makes much of is frequent. */
const tricky = fc.string({
  unit: fc.oneof(
    fc.constantFrom("`", "``", "```", "~~~", "\n", "*", "_", "<b>", "&amp;", "[x](y)", "|", "# ", "> ", " ", "1. "),
    fc.string({ maxLength: 4 }),
  ),
});

describe("what others wrote stays what it is", () => {
  test("a fence holds any text", () => {
    fc.assert(
      fc.property(tricky, (text) => {
        const clean = text.replaceAll(/[\0\r]/g, "");
        expect(literals(`before\n\n${fence(clean, "text")}\n\nafter`, "code_block")).toEqual([`${clean.replace(/\n$/, "")}\n`]);
      }),
    );
  });

  test("a code span holds any line", () => {
    fc.assert(
      fc.property(tricky, (text) => {
        const line = text
          .replaceAll(/[^\P{Cc}]/gu, " ")
          .replaceAll(/\s+/g, " ")
          .trim();
        fc.pre(line !== "");
        expect(literals(`before ${code(line)} after`, "code")).toEqual([line]);
      }),
    );
  });

  test("escaped text is text: no emphasis, no links, no HTML, no list", () => {
    fc.assert(
      fc.property(tricky, (text) => {
        const kinds = [
          "code",
          "emph",
          "strong",
          "link",
          "image",
          "html_inline",
          "html_block",
          "heading",
          "list",
          "code_block",
          "block_quote",
          "thematic_break",
        ];
        const markdown = `${escapeText(text)}\n`;
        expect(kinds.flatMap((kind) => literals(markdown, kind))).toEqual([]);
        expect(literals(markdown, "text").join("")).toBe(
          text
            .replaceAll(/[^\P{Cc}\s]/gu, "")
            .replaceAll(/\s+/g, " ")
            .trim(),
        );
      }),
    );
  });
});

describe("the report of a run", () => {
  const rig = new Rig();
  let run: RecordedRun;
  let text: string;
  beforeAll(async () => {
    run = await mixedRun(rig);
    text = renderReport("markdown", run);
  });
  afterAll(() => rig.close());

  /** What stands under a heading, up to the next of the same rank. */
  const part = (heading: string): string => {
    const rank = heading.slice(0, heading.indexOf(" ") + 1);
    const from = text.indexOf(`${heading}`);
    expect(from, heading).not.toBe(-1);
    const to = text.indexOf(`\n${rank}`, from + 1);
    return text.slice(from, to === -1 ? undefined : to);
  };

  test("says how it went, in numbers", () => {
    expect(text).toContain("- **Status**: partial\n");
    expect(text).toContain("- **Tasks**: 8: 2 succeeded, 4 failed, 2 skipped\n");
    expect(text).toContain("> Build it, \\| test \\<it\\> and \\*ship\\* it\n");
  });

  test("a failure has its cause, what it took down, what to do, and the end of its logs", () => {
    const failure = part("### `check` (`command`, exit");
    expect(failure).toContain("- **Cause**: The command exited with 3: bad thing\n");
    expect(failure).toContain("- **Did not run because of it** (2): `deploy`, `announce`\n");
    expect(failure).toContain("- **What to do**: ");
    expect(failure).toContain(`check@1.err\`:\n\n\`\`\`text\nbad thing\n\`\`\``);
    expect(part("### `proved` (`command`, verify")).toContain("looking\n");
  });

  test("equal failures are told once", () => {
    const twins = part("### 2 tasks in the same way (exit)");
    expect(twins).toContain("- **Tasks**: `twin-1`, `twin-2`\n");
    expect(text.match(/### .*twin/g)).toBeNull();
  });

  test("a success has its output, its place, and what it had to get over", () => {
    expect(part("### `build`")).toContain('```json\n{\n  "files": [\n    "a",\n    "b"\n  ]\n}\n```');
    expect(part("### `build`")).toContain(`\`${run.folder.trace("build")}\``);
    expect(part("### `flaky`")).toContain("2 attempts)");
    expect(part("### `flaky`")).toContain("- **Attempt 1 failed** (exit): The command exited with 7.");
  });

  test("the traces and the next steps can be followed", () => {
    expect(part("## Traces")).toContain(`- **Correlation id**: \`${run.started.correlation_id}\``);
    expect(part("## Traces")).toContain(run.folder.index);
    for (const { task_id } of run.traces) expect(part("## Traces")).toContain(`| \`${task_id}\` |`);
    expect(part("## Next steps")).toContain(`\`dispatch trace ${run.folder.run_id} check\``);
    expect(part("## Next steps")).toContain("dispatch resume");
  });

  test("a smaller size shows fewer tasks and counts the rest", () => {
    const small = renderMarkdown(viewRun(run), { rows: 1, text: { lines: 1, characters: 100 } });
    expect(small).toContain("And 2 more: see the index.");
    expect(small.length).toBeLessThan(text.length);
  });
});

test("of a long output is told where the whole is: in the trace, or in the log where the trace has only its end", async () => {
  await using rig = new Rig();
  const json = task("json", "echo [; seq 1 999 | sed 's/$/,/'; echo 1000]");
  await rig.dispatch({ tasks: [json, task("long", "seq 1 1000"), task("longer", "seq 1 500000"), task("short", "echo 1 2")] });
  const run = newestRun(rig);
  const text = renderReport("markdown", run);
  expect(text).toContain(`962 lines left out; the whole is in \`${run.folder.trace("json")}\`.`);
  expect(text).toContain(`960 lines left out; the whole is in \`${run.folder.trace("long")}\`.`);
  expect(text).toContain(`This is the end of 3,388,895 bytes; the whole is in \`${run.folder.log("longer", 1, "out")}\`.`);
  expect(text.match(/the whole is in/g)).toHaveLength(3);
  const { stdout } = await rig.run(["trace", "json"]);
  expect(stdout).toContain(`left out; the whole is in ${run.folder.trace("json")})`);
  rmSync(run.folder.log("longer", 1, "out"));
  const later = renderReport("markdown", newestRun(rig));
  expect(later).toContain(
    `This is the end of 3,388,895 bytes; \`${run.folder.trace("longer")}\` has more of it, and its log is gone.`,
  );
});

test("of a long output that was taken over the log of the earlier run has the whole", async () => {
  await using rig = new Rig();
  const file = { tasks: [task("longer", "seq 1 500000")] };
  const { result } = await rig.dispatch(file);
  const again = await rig.dispatch(file, ["--reuse"]);
  expect(again.result.results[0]?.reused_from).toBe(result.run_id);
  const trace = newestRun(rig).folder.trace("longer");
  const rest = `\`${trace}\` has more of it, and the whole is in the log of run \`${result.run_id}\``;
  expect(renderReport("markdown", newestRun(rig))).toContain(`This is the end of 3,388,895 bytes; ${rest}.`);
  expect((await rig.run(["trace", "longer"])).stdout).toContain(
    `(This is the end of 3,388,895 bytes; ${rest.replaceAll("`", "")})`,
  );
});

test("a run without failures has none in its report", async () => {
  await using rig = new Rig();
  const text = renderReport("markdown", await goodRun(rig));
  expect(text).toContain("- **Status**: success\n");
  expect(text).not.toContain("## Failed");
  expect(text).not.toContain("dispatch resume");
});

test("a run that was killed is told as one without an end", async () => {
  await using rig = new Rig();
  await killedRun(rig);
  spoilJournal(rig);
  const text = renderReport("markdown", newestRun(rig));
  expect(text).toContain("- **Status**: unfinished\n");
  expect(text).toContain("1 succeeded, 1 unfinished, 1 not started");
  expect(text).toContain("1 line of the journal is damaged and was skipped");
  expect(text).toContain("- `held`: unfinished");
  expect(text).toContain("dispatch resume");
});

test("a damaged line of a run that has ended does not undo a success", async () => {
  await using rig = new Rig();
  await goodRun(rig);
  damageLine(rig, '"type":"task.finished","task_id":"second"');
  const text = renderReport("markdown", newestRun(rig));
  expect(text).toContain("- **Tasks**: 2: 2 succeeded\n");
  expect(text).toContain("1 line of the journal is damaged and was skipped");
});

test("what a signal stopped is cancelled, not failed", async () => {
  await using rig = new Rig();
  const text = renderReport("markdown", await interruptedRun(rig));
  expect(text).toContain("- **Status**: failure\n");
  expect(text).toContain("## Cancelled (2)");
  expect(text).not.toContain("## Failed");
  expect(text).toContain("dispatch resume");
});

test("commands name the trace directory where it is not the usual one", async () => {
  await using rig = new Rig();
  await rig.dispatch({ tasks: [task("a", "exit 1")], config: { trace_dir: "my traces" } });
  const ended = await rig.run(["report", "--trace-dir", "my traces"]);
  expect(ended.stdout).toContain(`--trace-dir '${rig.folder}/my traces'`);
});
