// The minimum a runner on Node must do: spawn commands two at a time, with output to separate files.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";

const [, , folder, tasks, workers] = process.argv;
mkdirSync(folder, { recursive: true });
let next = 0;
const work = async () => {
  while (next < Number(tasks)) {
    const n = next++;
    const out = openSync(`${folder}/${n}.out`, "w");
    const err = openSync(`${folder}/${n}.err`, "w");
    await new Promise((resolve, reject) => {
      const child = spawn("/bin/true", [], { stdio: ["ignore", out, err] });
      child.on("error", reject);
      child.on("exit", resolve);
    });
    closeSync(out);
    closeSync(err);
  }
};
await Promise.all(Array.from({ length: Number(workers) }, work));
