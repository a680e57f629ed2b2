import { unreachable } from "#errors";
import type { Design, Emitted, OpenPoint } from "./design.ts";
import { emitCompute } from "./emit-compute.ts";
import { emitEffect } from "./emit-effect.ts";
import { emitOrchestrator } from "./emit-orchestrator.ts";
import { emitReducer } from "./emit-reducer.ts";
import { docText, foldLine, importsFor, wrap } from "./python.ts";

/** A module's text, without the line that says what it was made by. */
export interface Module {
  code: string;
  /** Each a method that raises. */
  open_points: readonly OpenPoint[];
  /** What was taken for granted, and what has to be configured. */
  notes: readonly string[];
}

/** Writes the whole module of a node; the same design gives the same bytes. */
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
    ...(open.length === 0 ? [] : ["", "What the contract leaves open:", ...open]),
    ...(notes.length === 0 ? [] : ["", "To be known:", ...listed(notes)]),
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
