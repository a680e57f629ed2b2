import { unreachable } from "#errors";
import type { Design, Emitted, OpenPoint } from "./design.ts";
import { emitCompute } from "./emit-compute.ts";
import { emitEffect } from "./emit-effect.ts";
import { emitOrchestrator } from "./emit-orchestrator.ts";
import { emitReducer } from "./emit-reducer.ts";
import { docText, foldLine, importsFor, wrap } from "./python.ts";

/** A module's text, without the first line that marks it as generated. */
export interface Module {
  code: string;
  /** Open points that are methods, which raise. */
  open_points: readonly OpenPoint[];
  /** Assumptions, and what the user has to configure. */
  notes: readonly string[];
}

/** Writes the module of a node; equal designs give equal bytes. */
export function emitModule(design: Design): Module {
  const { sections, open_points: all } = emit(design);
  const open_points = all.filter(({ method }) => method !== "");
  const notes = all.flatMap(({ method, what }) => (method === "" ? [what] : []));
  const body = sections.filter((section) => section !== "").join("\n\n\n");
  const contract = design.contract.split("\n").flatMap((line) => wrap(docText(line.trim()), 94).map((one) => `    ${one}`));
  const listed = (items: readonly string[]): string[] =>
    items.flatMap((item) => wrap(`- ${docText(item)}`, 94).map((line, i) => (i === 0 ? line : `  ${line}`)));
  const open = listed(open_points.map(({ method, what }) => `${method}: ${what}`));
  const doc = [
    `"""${design.class_name}: an ONEX ${design.node_type} node.`,
    "",
    "Contract:",
    ...contract,
    ...(open.length === 0 ? [] : ["", "Left open by the contract:", ...open]),
    ...(notes.length === 0 ? [] : ["", "Notes:", ...listed(notes)]),
    '"""',
  ];
  const gap = /^(?:# |[A-Z][A-Z_]+\b)/.test(body) ? "\n\n" : "\n\n\n";
  const code = `${doc.join("\n")}\n\n${importsFor(body)}${gap}${body}\n`.split("\n").map(foldLine).join("\n");
  return { code, open_points, notes };
}

function emit(design: Design): Emitted {
  switch (design.node_type) {
    case "Effect":
      return emitEffect(design);
    case "Compute":
      return emitCompute(design);
    case "Reducer":
      return emitReducer(design);
    case "Orchestrator":
      return emitOrchestrator(design);
    default:
      return unreachable(design.node_type);
  }
}
