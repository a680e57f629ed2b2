import { unseen } from "./judge.ts";
import { promiseContracts } from "./promise.ts";

// Written by somebody who had not read the agent, after its author had seen the first set.
promiseContracts({
  name: "a node from each of 30 further contracts",
  contracts: unseen,
  kept: new Set(unseen.map(({ id }) => id)),
});
