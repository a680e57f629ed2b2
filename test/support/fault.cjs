// Preloaded into dispatch by a test: at the n-th write below a folder, dispatch dies, the write fails, or the clock jumps.
const fs = require("node:fs");

const { at, how, below, fired } = JSON.parse(process.env.FAULT);
let count = 0;
/** Paths of open files, by descriptor. */
const open_files = new Map();

/** Creates a file that shows the test that the n-th write was reached. */
const signalFired = () => fs.closeSync(openSync.call(fs, fired, "w"));

let offset = 0;
const SystemDate = Date;
globalThis.Date = class extends SystemDate {
  constructor(...args) {
    if (args.length === 0) super(SystemDate.now() + offset);
    else super(...args);
  }
  static now() {
    return SystemDate.now() + offset;
  }
};

const isOurs = (path) => typeof path === "string" && path.startsWith(below);
const die = () => {
  process.kill(process.pid, "SIGKILL");
  // Blocks until the signal takes effect.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};

/** Wraps a function that writes to disk; `tear` does half of the write. */
function wrap(name, pathOf, tear) {
  const original = fs[name];
  fs[name] = function (...args) {
    const path = pathOf(args);
    if (!isOurs(path)) return original.apply(fs, args);
    if (++count !== at) return original.apply(fs, args);
    signalFired();
    if (how === "clock") {
      offset = -86_400_000;
      return original.apply(fs, args);
    }
    if (how === "before") die();
    if (how === "torn") {
      if (tear !== undefined) tear(original, args);
      die();
    }
    if (how === "after") {
      original.apply(fs, args);
      die();
    }
    const error = Object.assign(new Error(`${how}: scripted, ${name}`), { code: how, syscall: name });
    if (typeof args.at(-1) === "function") return void process.nextTick(args.at(-1), error);
    throw error;
  };
}

const { openSync } = fs;
const opens = (flags) => (typeof flags === "number" ? (flags & 3) !== 0 : !["r", "rs", undefined].includes(flags));
wrap("openSync", ([path, flags]) => (opens(flags) ? path : undefined));
const openOrFail = fs.openSync;
fs.openSync = (path, ...rest) => {
  const file = openOrFail(path, ...rest);
  open_files.set(file, String(path));
  return file;
};
const ofFile = ([file]) => open_files.get(file);
const half = (data) => data.subarray(0, data.length >> 1);
wrap("writeSync", ofFile, (write, [file, bytes, from = 0]) => write.call(fs, file, half(Buffer.from(bytes).subarray(from))));
wrap(
  "writeFileSync",
  ([file]) => (typeof file === "number" ? ofFile([file]) : file),
  (write, [file, data, options]) => write.call(fs, file, half(Buffer.from(data)), options),
);
wrap("appendFileSync", ([path]) => path);
wrap("renameSync", ([, to]) => to);
wrap("fsyncSync", ofFile);
wrap("fdatasync", ofFile);
wrap("mkdirSync", ([path]) => path);
wrap("ftruncateSync", ofFile);
