// Loaded into dispatch by a benchmark: SYNC_MS delays each sync by milliseconds, or `off` skips syncs.
const fs = require("node:fs");

const { fdatasync } = fs;
const { SYNC_MS } = process.env;
fs.fdatasync = (file, done) => {
  if (SYNC_MS === "off") process.nextTick(done, null);
  else fdatasync(file, (error) => setTimeout(done, Number(SYNC_MS), error));
};
