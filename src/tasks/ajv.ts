/** Loaded only if a task has an output schema: these libraries are slow to load. */
import { Ajv, type Options } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/** The supported editions of JSON Schema; older drafts are read as draft 7. */
export type Dialect = "draft-07" | "2019-09" | "2020-12";

const options: Options = {
  allErrors: true,
  // An unknown keyword is usually a misspelt one that would check nothing. It is an error, like any unknown key.
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  // Schemas of different tasks may have one $id.
  addUsedSchema: false,
  // dispatch reports schema errors itself; a library must not print.
  logger: false,
};

/** Creates a compiler for one edition of JSON Schema. */
export function createAjv(dialect: Dialect): Ajv {
  const ajv = dialect === "2020-12" ? new Ajv2020(options) : dialect === "2019-09" ? new Ajv2019(options) : new Ajv(options);
  formats.default(ajv);
  return ajv;
}
