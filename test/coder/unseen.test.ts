import { fresh, unseen } from "./judge.ts";
import { promiseContracts } from "./promise.ts";

// Written without knowledge of the agent, after its author had seen the first set.
promiseContracts({
  name: "a node from each of 30 further contracts",
  contracts: unseen,
  kept: new Set(unseen.map(({ id }) => id)),
});

// Written before the agent was run on them; nine held on the first run.
promiseContracts({
  name: "a node from each of 20 fresh contracts",
  contracts: fresh,
  kept: new Set(fresh.map(({ id }) => id)),
});
