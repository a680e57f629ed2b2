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

/** Returns the literal texts of all nodes of a kind, as the reference parser reads them. */
function literals(markdown: string, kind: string): string[] {
  const found: string[] = [];
  const walker = new Parser().parse(markdown).walker();
  for (let step = walker.next(); step !== null; step = walker.next())
    if (step.entering && step.node.type === kind) found.push(step.node.literal ?? "");
  return found;
}

/** Unicode text with frequent Markdown syntax. */
const tricky = fc.string({
  unit: fc.oneof(
    fc.constantFrom("`", "``", "```", "~~~", "\n", "*", "_", "<b>", "&amp;", "[x](y)", "|", "# ", "> ", " ", "1. "),
    fc.string({ maxLength: 4 }),
  ),
});

describe("foreign text stays literal", () => {
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

  /** Returns a section, up to the next heading of the same level. */
  const part = (heading: string): string => {
    const level = heading.slice(0, heading.indexOf(" ") + 1);
    const from = text.indexOf(`${heading}`);
    expect(from, heading).not.toBe(-1);
    const to = text.indexOf(`\n${level}`, from + 1);
    return text.slice(from, to === -1 ? undefined : to);
  };

  test("starts with the status and the counts", () => {
    expect(text).toContain("- **Status**: partial\n");
    expect(text).toContain("- **Tasks**: 8 (2 success, 4 error, 2 skipped)\n");
    expect(text).toContain("> Build it, \\| test \\<it\\> and \\*ship\\* it\n");
  });

  test("a failure has its cause, the tasks skipped because of it, advice, and the ends of its logs", () => {
    const failure = part("### `check` (`command`, exit");
    expect(failure).toContain("- **Cause**: The command exited with 3: bad thing\n");
    expect(failure).toContain("- **Skipped because of it** (2): `deploy`, `announce`\n");
    expect(failure).toContain("- **What to do**: ");
    expect(failure).toContain(`check@1.err\`:\n\n\`\`\`text\nbad thing\n\`\`\``);
    expect(part("### `proved` (`command`, verify")).toContain("looking\n");
  });

  test("equal failures are shown once", () => {
    const twins = part("### 2 tasks with the same error (exit)");
    expect(twins).toContain("- **Tasks**: `twin-1`, `twin-2`\n");
    expect(text.match(/### .*twin/g)).toBeNull();
  });

  test("a success has its output, its files and its earlier attempts", () => {
    expect(part("### `build`")).toContain('```json\n{\n  "files": [\n    "a",\n    "b"\n  ]\n}\n```');
    expect(part("### `build`")).toContain(`\`${run.folder.trace("build")}\``);
    expect(part("### `flaky`")).toContain("2 attempts)");
    expect(part("### `flaky`")).toContain("- **Attempt 1 failed** (exit): The command exited with 7.");
  });

  test("has the paths of the traces, and the next steps", () => {
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

test("a long output names the file that has all of it: the trace, or the log if the trace has only the end", async () => {
  await using rig = new Rig();
  const json = task("json", "echo [; seq 1 999 | sed 's/$/,/'; echo 1000]");
  await rig.dispatch({ tasks: [json, task("long", "seq 1 1000"), task("longer", "seq 1 500000"), task("short", "echo 1 2")] });
  const run = newestRun(rig);
  const text = renderReport("markdown", run);
  expect(text).toContain(`962 lines left out; full output in \`${run.folder.trace("json")}\`.`);
  expect(text).toContain(`960 lines left out; full output in \`${run.folder.trace("long")}\`.`);
  expect(text).toContain(`This is the end of 3,388,895 bytes; full output in \`${run.folder.log("longer", 1, "out")}\`.`);
  expect(text.match(/full output in/g)).toHaveLength(3);
  const { stdout } = await rig.run(["trace", "json"]);
  expect(stdout).toContain(`left out; full output in ${run.folder.trace("json")})`);
  rmSync(run.folder.log("longer", 1, "out"));
  const later = renderReport("markdown", newestRun(rig));
  expect(later).toContain(
    `This is the end of 3,388,895 bytes; more of it in \`${run.folder.trace("longer")}\`, the log was removed.`,
  );
});

test("a long output that was reused names the log of the earlier run", async () => {
  await using rig = new Rig();
  const file = { tasks: [task("longer", "seq 1 500000")] };
  const { result } = await rig.dispatch(file);
  const again = await rig.dispatch(file, ["--reuse"]);
  expect(again.result.results[0]?.reused_from).toBe(result.run_id);
  const trace = newestRun(rig).folder.trace("longer");
  const rest = `more of it in \`${trace}\`, full output in the log of run \`${result.run_id}\``;
  expect(renderReport("markdown", newestRun(rig))).toContain(`This is the end of 3,388,895 bytes; ${rest}.`);
  expect((await rig.run(["trace", "longer"])).stdout).toContain(
    `(This is the end of 3,388,895 bytes; ${rest.replaceAll("`", "")})`,
  );
});

test("a run without failures has no error section", async () => {
  await using rig = new Rig();
  const text = renderReport("markdown", await goodRun(rig));
  expect(text).toContain("- **Status**: success\n");
  expect(text).not.toContain("## Error");
  expect(text).not.toContain("dispatch resume");
});

test("a killed run is open, and so are its tasks without an end", async () => {
  await using rig = new Rig();
  await killedRun(rig);
  spoilJournal(rig);
  const text = renderReport("markdown", newestRun(rig));
  expect(text).toContain("- **Status**: open\n");
  expect(text).toContain("1 success, 1 open, 1 not started");
  expect(text).toContain("1 damaged line of the journal was skipped");
  expect(text).toContain("- `held`: open");
  expect(text).toContain("dispatch resume");
});

test("a damaged line in an ended run does not undo a success", async () => {
  await using rig = new Rig();
  await goodRun(rig);
  damageLine(rig, '"type":"task.finished","task_id":"second"');
  const text = renderReport("markdown", newestRun(rig));
  expect(text).toContain("- **Tasks**: 2 (2 success)\n");
  expect(text).toContain("1 damaged line of the journal was skipped");
});

test("tasks stopped by a signal are interrupted, not failed", async () => {
  await using rig = new Rig();
  const text = renderReport("markdown", await interruptedRun(rig));
  expect(text).toContain("- **Status**: failure\n");
  expect(text).toContain("## Interrupted (2)");
  expect(text).not.toContain("## Error");
  expect(text).toContain("dispatch resume");
});

test("commands name the trace directory unless it is the default", async () => {
  await using rig = new Rig();
  await rig.dispatch({ tasks: [task("a", "exit 1")], config: { trace_dir: "my traces" } });
  const ended = await rig.run(["report", "--trace-dir", "my traces"]);
  expect(ended.stdout).toContain(`--trace-dir '${rig.folder}/my traces'`);
});
