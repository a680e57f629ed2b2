import { type Contract, readContract } from "./contract.ts";
import type { Design, OpenPoint } from "./design.ts";
import { emitModule } from "./emit-module.ts";

/** A generated module and what is known of it. */
export interface Generated {
  design: Design;
  code: string;
  open_points: readonly OpenPoint[];
  notes: readonly string[];
}

/** Contract in, module out; a pure function. */
export function generate(contract: Contract): Generated {
  const design = readContract(contract);
  return { design, ...emitModule(design) };
}
