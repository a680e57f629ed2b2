/** Draws what a terminal showed as an animated SVG. */

/** Characters of one style; `colour` is a number of the terminal's palette. */
export interface StyledText {
  text: string;
  colour: number | undefined;
  bold: boolean;
  dim: boolean;
}

/** What the terminal showed from a time on, in milliseconds. */
export interface Frame {
  at: number;
  lines: StyledText[][];
}

const cell = { width: 8.4, height: 20 };
const padding = 16;
/** How long the last frame is shown before the animation starts again. */
const hold_ms = 6000;

/** Colours of the terminal's palette. A dark window looks right on light pages, too. */
const palette: Readonly<Record<number, string>> = { 1: "#ff7b72", 2: "#56d364", 3: "#e3b341", 4: "#79c0ff", 6: "#56d4dd" };

/** Draws the frames one below the other, in a window of the height of one; the command is its first line. */
export function drawRecording(command: string, frames: readonly Frame[], columns: number): string {
  const rows = Math.max(...frames.map(({ lines }) => lines.length)) + 1;
  const width = Math.round(columns * cell.width + 2 * padding);
  const height = rows * cell.height + 2 * padding;
  const begin = frames[0]?.at ?? 0;
  const total = (frames.at(-1)?.at ?? 0) - begin + hold_ms;
  const stops = frames.map(
    ({ at }, index) => `${(((at - begin) / total) * 100).toFixed(1)}%{transform:translateY(${-index * height}px)}`,
  );
  const drawn = frames.map(({ lines }, index) =>
    lines.map((line, row) => drawLine(line, index * height + (row + 1) * cell.height)).join(""),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-size="14">
<title>${escaped(command)}</title>
<style>
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#e6edf3}
.b{font-weight:bold}.d{fill:#8b949e}${Object.entries(palette)
    .map(([number, colour]) => `.c${number}{fill:${colour}}`)
    .join("")}
.f{animation:f ${(total / 1000).toFixed(2)}s step-end infinite}
@keyframes f{${stops.join("")}}
@media(prefers-reduced-motion:reduce){.f{animation:none}}
</style>
<clipPath id="w"><rect width="${width}" height="${height}" rx="8"/></clipPath>
<g clip-path="url(#w)"><rect width="${width}" height="${height}" fill="#0d1117"/>
<text x="${padding}" y="${padding + 14}"><tspan class="d">$ </tspan>${escaped(command)}</text>
<g transform="translate(${padding} ${padding + 14})"><g class="f" transform="translate(0 ${-(frames.length - 1) * height})">
${drawn.join("\n")}
</g></g></g>
</svg>
`;
}

/** Draws a line as one text. Its fixed length keeps columns aligned in any font. */
function drawLine(line: readonly StyledText[], y: number): string {
  const length = line.reduce((sum, { text }) => sum + text.length, 0);
  if (length === 0) return "";
  const spans = line.map(({ text, colour, bold, dim }) => {
    const names = [bold ? "b" : "", dim ? "d" : "", colour !== undefined && colour in palette ? `c${colour}` : ""].filter(
      Boolean,
    );
    return names.length === 0 ? escaped(text) : `<tspan class="${names.join(" ")}">${escaped(text)}</tspan>`;
  });
  return `<text y="${y}" textLength="${(length * cell.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs">${spans.join("")}</text>`;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
