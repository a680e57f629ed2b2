import { Chalk, type ChalkInstance } from "chalk";
import type { ShownStatus } from "../status.ts";
import type { ColourLevel } from "./progress.ts";

/** Colours and symbols of the progress and the summary. */
export interface Theme {
  paint: ChalkInstance;
  marks: Readonly<Record<ShownStatus | "retry" | "warning", string>>;
  /** The filled and the empty part of the bar, which differ even without colour. */
  bar: { filled: string; empty: string };
  times: string;
  /** The symbol for a missing value. */
  none: string;
  unicode: boolean;
}

/** Creates a theme, with ASCII symbols if `unicode` is false. */
export function createTheme({ colour, unicode = true }: { colour: ColourLevel; unicode?: boolean | undefined }): Theme {
  const paint = new Chalk({ level: colour });
  const signs = unicode
    ? { success: "✔", error: "✖", skipped: "○", cancelled: "■", retry: "↻", warning: "▲" }
    : { success: "+", error: "x", skipped: "-", cancelled: "-", retry: "~", warning: "!" };
  return {
    paint,
    unicode,
    marks: {
      success: paint.green(signs.success),
      error: paint.red(signs.error),
      skipped: paint.dim(signs.skipped),
      cancelled: paint.yellow(signs.cancelled),
      interrupted: paint.yellow(signs.cancelled),
      retry: signs.retry,
      warning: paint.yellow(signs.warning),
    },
    bar: unicode ? { filled: "━", empty: "─" } : { filled: "=", empty: "-" },
    times: unicode ? "×" : "x",
    none: unicode ? "–" : "-",
  };
}

/** Paints a text in the colour of a status. */
export function paintStatus({ paint }: Theme, status: ShownStatus, text: string): string {
  switch (status) {
    case "success":
      return paint.green(text);
    case "error":
      return paint.red(text);
    case "skipped":
      return paint.dim(text);
    case "cancelled":
    case "interrupted":
      return paint.yellow(text);
  }
}
