/** `npm run recording`: runs the quickstart on a terminal and writes docs/quickstart.svg, an animation of what it showed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import xterm from "@xterm/headless";
import { root } from "../support/rig.ts";
import { no_terminal } from "../support/terminal.ts";
import { drawRecording, type Frame, type StyledText } from "./recording.ts";

if (no_terminal !== undefined) throw new Error(`A recording needs a terminal: ${no_terminal}.`);

const command = "dispatch run examples/quickstart.json -o generated/results.json";
const size = { cols: 72, rows: 24 };
/** A drawing that is replaced sooner was not complete. */
const min_frame_ms = 25;
/** The spinner turns every 80 ms, which would only make the file larger. */
const min_spin_ms = 300;

const terminal = new xterm.Terminal({ ...size, allowProposedApi: true });
const program = `exec '${process.execPath}' ${command.replace("dispatch", "bin/dispatch.js")}`;
const script = `stty cols ${size.cols} rows ${size.rows}; ${program}`;
const env: NodeJS.ProcessEnv = { ...process.env, SHELL: "/bin/sh", TERM: "xterm-256color" };
for (const name of Object.keys(env)) if (/^(DISPATCH_|CI$|GITHUB_|FORCE_COLOR|NO_COLOR)/.test(name)) delete env[name];
mkdirSync(join(root, "generated"), { recursive: true });
const child = spawn("script", ["-qefc", script, "/dev/null"], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });

const shown: Frame[] = [];
child.stdout.on("data", (chunk: Buffer) => {
  terminal.write(chunk, () => shown.push({ at: performance.now(), lines: linesOf(terminal) }));
});
const [exit_code] = (await once(child, "close")) as [number | null];
await new Promise<void>((resolve) => terminal.write("", resolve));
terminal.dispose();
if (exit_code !== 0) throw new Error(`The quickstart exited with ${exit_code}.`);

const frames: Frame[] = [];
for (const [index, { at, lines }] of shown.entries()) {
  const next = shown[index + 1];
  const last = frames.at(-1);
  const only_spins = last !== undefined && textOf(last.lines) === textOf(lines);
  if (next !== undefined && (next.at - at < min_frame_ms || (only_spins && at - last.at < min_spin_ms))) continue;
  frames.push({ at, lines });
}
writeFileSync(join(root, "docs/quickstart.svg"), drawRecording(command, frames, size.cols));

/** What is on the screen, as text of one style after another. */
function linesOf({ buffer: { active } }: InstanceType<typeof xterm.Terminal>): StyledText[][] {
  const lines = Array.from({ length: active.length }, (_, y): StyledText[] => {
    const line = active.getLine(y);
    const texts: StyledText[] = [];
    for (let x = 0; x < (line?.translateToString(true).length ?? 0); x++) {
      const cell = line?.getCell(x);
      if (cell === undefined) break;
      const colour = cell.isFgPalette() ? cell.getFgColor() : undefined;
      const style = { colour, bold: cell.isBold() !== 0, dim: cell.isDim() !== 0 };
      const last = texts.at(-1);
      const text = cell.getChars() || " ";
      if (last?.colour === style.colour && last?.bold === style.bold && last?.dim === style.dim) last.text += text;
      else texts.push({ text, ...style });
    }
    return texts;
  });
  return lines.slice(0, lines.findLastIndex((line) => line.length > 0) + 1);
}

/** What is on the screen, apart from the spinner. */
function textOf(lines: readonly StyledText[][]): string {
  const texts = lines.map((line) => line.map(({ text }) => text).join(""));
  return texts.join("\n").replace(/^[⠀-⣿]/, "");
}
