/** Whom a tree takes for its own. */
import { afterEach, expect, test, vi } from "vitest";
import type { Member, ProcessSnapshot, ProcessTable } from "../../src/process/process-table.ts";
import { inspectTree, type ProcessTree, signalTree } from "../../src/process/tree.ts";

afterEach(() => vi.restoreAllMocks());

const [leader, leaver] = [900_001, 900_002];

/** A look that finds who has left the session, and perhaps somebody in a session of the leader's number. */
const looked = (in_session: Member[]): ProcessSnapshot => ({
  began: 0,
  by_session: new Map([[leader, in_session]]),
  by_token: new Map([["token", [{ pid: leaver, group: leaver }]]]),
  by_output: new Map(),
  sessions: new Set(in_session.map(({ pid }) => pid)),
  uncertainty: "none",
});

test("a leader's number that has come to somebody else is not signalled, while one who left the session still lives", () => {
  let census = looked([]);
  const observer: ProcessTable = {
    has_proc_fs: true,
    snapshot: () => census,
    isEmptySince: () => false,
    prepare() {},
    close() {},
  };
  const tree: ProcessTree = {
    leader,
    token: "token",
    outputs: [],
    started_at: 0,
    leader_exited_at: 0,
    session_empty: false,
    empty: { last: undefined, looks: 0 },
    empty_session: { last: undefined, looks: 0 },
  };
  const kill = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("No such group"), { code: "ESRCH" });
  });
  expect(inspectTree(tree, observer, "now").members.map(({ pid }) => pid)).toEqual([leaver]);

  census = looked([{ pid: leader, group: leader }]);
  kill.mockReset().mockReturnValue(true);
  signalTree(tree, observer, "SIGKILL");
  expect(kill.mock.calls.filter(([, signal]) => signal === "SIGKILL")).toEqual([[leaver, "SIGKILL"]]);
});
