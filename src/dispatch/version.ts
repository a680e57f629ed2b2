import manifest from "../../package.json" with { type: "json" };

/** The version of dispatch. */
export const version: string = manifest.version;
