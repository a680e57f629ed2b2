/** The package that `npm publish` would ship: complete for the command and the library, and nothing else. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Rig, root } from "../support/rig.ts";

test("the unpacked package works as command and as library, and contains no cache", async () => {
  await using rig = new Rig();
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", rig.folder], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const paths = /"path": ?"[^"]+"/g;
  expect(packed.match(paths)?.filter((path) => /\.cache|src\/|test\//.test(path) && !path.includes("dist/types/src"))).toEqual(
    [],
  );
  const [tarball = ""] = readdirSync(rig.folder).filter((name) => name.endsWith(".tgz"));
  mkdirSync(join(rig.folder, "unpacked"));
  execFileSync("tar", ["-xzf", join(rig.folder, tarball), "-C", join(rig.folder, "unpacked")]);

  const unpacked = join(rig.folder, "unpacked", "package");
  const tasks = JSON.stringify({ tasks: [{ task_id: "a", agent: "command", input_data: { command: "echo 1" } }] });
  const ran = execFileSync(process.execPath, [join(unpacked, "bin/dispatch.js"), "run", "-q"], {
    cwd: rig.folder,
    input: tasks,
  });
  expect(JSON.parse(ran.toString())).toMatchObject({ status: "success" });
  const program = `
    import { run } from ${JSON.stringify(join(unpacked, "dist/index.js"))};
    console.log((await run({ text: ${JSON.stringify(tasks)} }).result).status);`;
  const used = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: rig.folder, encoding: "utf8" });
  expect(used).toBe("success\n");
});
