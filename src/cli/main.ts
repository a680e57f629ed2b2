import manifest from "../../package.json" with { type: "json" };

/** Runs the command line; the answer is the exit code. The libraries are loaded by the command that needs them. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    process.stdout.write(`${manifest.version}\n`);
    return 0;
  }
  const { runProgram } = await import("./program.ts");
  return runProgram(argv);
}
