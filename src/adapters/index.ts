/**
 * Room `adapters`: the agents that run a program or call an endpoint. `command` runs any command, `programs` the vendors'
 * command-line agents, `acp` any agent that speaks the protocol; `api` calls an endpoint; `turn` is code they share.
 */
export { acpAgent } from "./acp/index.ts";
export { apiAgent } from "./api/index.ts";
export { command } from "./command.ts";
export { programAgent, programs } from "./programs/index.ts";
