// Loaded into dispatch by a benchmark: SYNC_MS is how long a sync takes, or `off` for none at all.
const fs = require("node:fs");

const { fdatasync } = fs;
const { SYNC_MS } = process.env;
fs.fdatasync = (file, done) => {
  if (SYNC_MS === "off") process.nextTick(done, null);
  else fdatasync(file, (error) => setTimeout(done, Number(SYNC_MS), error));
};
