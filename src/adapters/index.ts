/**
 * Room `adapters`: the code behind each agent that runs a program or calls an endpoint. `programs` runs the vendors'
 * command-line agents, `acp` any agent of that protocol, `api` calls an endpoint; `turn` is what their turns share.
 */
export { acpAgent } from "./acp/index.ts";
export { apiAgent } from "./api/index.ts";
export { command } from "./command.ts";
export { programAgent, programs } from "./programs/index.ts";
