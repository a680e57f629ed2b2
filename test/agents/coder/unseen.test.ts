import { unseen } from "./judge.ts";
import { promiseContracts } from "./promise.ts";

/** Written by somebody who has not read the agent, after its author had seen the first set. */
const kept = new Set<string>([
  "light-control",
  "class-average",
  "request-quota",
  "room-upgrade",
  "firmware",
  "parcel",
  "enrolment",
  "payment-initiation",
  "major-incident",
]);

promiseContracts({ name: "a node from each of 30 contracts that the agent's author had not seen", contracts: unseen, kept });
