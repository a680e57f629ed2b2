/**
 * Room `agents`: the port that every adapter implements, and what adapters share: output captured from child programs,
 * and the log files of an attempt. An adapter never throws and never retries; every attempt ends in exactly one outcome.
 */
export type { Agent, AgentEvent, Job, Missing, Previous, Probe, SignInStatus, UpstreamFailure, Where } from "./agent.ts";
export { type Captured, capture, readTail } from "./capture.ts";
export { fromFirstCharacter, type Open, readEnd, withOpenFiles } from "./log-files.ts";
