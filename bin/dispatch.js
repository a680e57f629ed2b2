#!/usr/bin/env node
// Any Node must be able to parse this file: if the current Node is too old, it starts the pinned one.
var path = require("path");
var current = process.versions.node.split(".").map(Number);
var required = require("../package.json")
  .engines.node.replace(/[^0-9.]/g, "")
  .split(".")
  .map(Number);
var first_arg = process.argv[2];
if (process.argv.length === 3 && (first_arg === "--version" || first_arg === "-V"))
  process.stdout.write(require("../package.json").version + "\n");
else if (current[0] > required[0] || (current[0] === required[0] && current[1] >= required[1])) start();
else startPinnedNode();

function start() {
  var entry = path.join(__dirname, "..", "dist", "cli.cjs");
  // The cache is in the package's own folder, so that no other user can write to it. Without write access there is none.
  if (process.env.NODE_COMPILE_CACHE === undefined)
    require("module").enableCompileCache(path.join(__dirname, "..", "dist", ".cache"));
  try {
    require.resolve(entry);
  } catch (_) {
    return fail("Not built: " + entry + " is missing. Run `npm run build` in " + path.dirname(__dirname) + ".");
  }
  require(entry);
}

function startPinnedNode() {
  var node;
  try {
    node = path.join(path.dirname(require.resolve("node/package.json")), "bin", "node");
    require("fs").accessSync(node, 1);
  } catch (_) {
    return fail("Node " + process.version + " is too old. Install Node " + required.slice(0, 2).join(".") + " or later.");
  }
  var env = Object.assign({}, process.env, { DISPATCH_LAUNCHER: "1" });
  // Nothing is written to descriptor 3; its end of file signals to the child that this process is gone.
  var child = require("child_process").spawn(node, [__filename].concat(process.argv.slice(2)), {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: env,
  });
  ["SIGINT", "SIGTERM", "SIGHUP"].forEach((signal) => {
    process.on(signal, () => {
      child.kill(signal);
    });
  });
  child.on("error", (error) => {
    fail("The pinned Node could not be started: " + error.message + ".");
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  process.stderr.write("dispatch: " + message + "\n");
  process.exitCode = 2;
}
