/**
 * Room `agents`: the port that every adapter implements, and code that adapters share: captured output of helper programs
 * and the log files of an attempt. An adapter never throws and never retries; every attempt ends in exactly one outcome.
 */
export type {
  Agent,
  AgentEvent,
  AgentProblem,
  Job,
  LaunchContext,
  LogScanned,
  PreviousAttempt,
  Probe,
  SignInStatus,
  UpstreamFailure,
} from "./agent.ts";
export { type Captured, capture, readTail } from "./capture.ts";
export { type OpenFile, withOpenFiles } from "./log-files.ts";
