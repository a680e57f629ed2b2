import { type Contract, readContract } from "./contract.ts";
import type { Design, OpenPoint } from "./design.ts";
import { emitModule } from "./emit-module.ts";

/** A generated module, with its design, open points and notes. */
export interface Generated {
  design: Design;
  code: string;
  open_points: readonly OpenPoint[];
  notes: readonly string[];
}

/** Generates a module from a contract. Pure. */
export function generate(contract: Contract): Generated {
  const design = readContract(contract);
  return { design, ...emitModule(design) };
}
