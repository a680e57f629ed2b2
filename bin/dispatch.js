#!/usr/bin/env node
// Any Node must be able to parse this file: it hands over to the Node that is pinned where the one at hand is too old.
var path = require("path");
var at_hand = process.versions.node.split(".").map(Number);
var needed = require("../package.json")
  .engines.node.replace(/[^0-9.]/g, "")
  .split(".")
  .map(Number);
var first = process.argv[2];
if (process.argv.length === 3 && (first === "--version" || first === "-V"))
  process.stdout.write(require("../package.json").version + "\n");
else if (at_hand[0] > needed[0] || (at_hand[0] === needed[0] && at_hand[1] >= needed[1])) start();
else handOver();

function start() {
  var entry = path.join(__dirname, "..", "dist", "cli.cjs");
  // Beside the code it belongs to, so that nobody else can write it; where nobody can, there is no cache.
  if (process.env.NODE_COMPILE_CACHE === undefined)
    require("module").enableCompileCache(path.join(__dirname, "..", "dist", ".cache"));
  try {
    require.resolve(entry);
  } catch (_) {
    return fail("It is not built yet: " + entry + " is missing. Run `npm run build` in " + path.dirname(__dirname) + ".");
  }
  require(entry);
}

function handOver() {
  var node;
  try {
    node = path.join(path.dirname(require.resolve("node/package.json")), "bin", "node");
    require("fs").accessSync(node, 1);
  } catch (_) {
    return fail(
      "It needs Node " + needed.slice(0, 2).join(".") + " or newer, and this is " + process.version + ". Install a newer Node.",
    );
  }
  var env = Object.assign({}, process.env, { DISPATCH_LAUNCHER: "1" });
  // Nothing is ever written to descriptor 3: its end tells the child that this process is gone.
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
    fail("The pinned Node cannot be started: " + error.message + ".");
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
