/** How uPlot draws the curves of the time machine: shares over steps, in the theme's colours. */
import type uPlot from "uplot";
import { count, percent } from "../lib/words";

/** What was said at a step, by the key of the curve. */
export interface Row {
  step: number;
  [curve: string]: number;
}

export interface Curve {
  key: string;
  name: string;
  colour: string; // a token of Course.svelte or app.css
  dash?: number[];
}

/** The columns that uPlot wants: the steps, then one list per curve. */
export const columns = (rows: Row[], curves: Curve[]): [number[], ...number[][]] => [
  rows.map((row) => row.step),
  ...curves.map(({ key }) => rows.map((row) => row[key] ?? 0)),
];

/** The colour that a token stands for under the theme of the moment; a canvas needs it so. */
function resolve(element: Element, token: string): string {
  const probe = element.appendChild(document.createElement("i"));
  probe.style.color = `var(${token})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** A line through the step that is looked at. */
function mark({ ctx, bbox, valToPos }: uPlot, step: number | undefined, colour: string): void {
  if (step === undefined) return;
  const x = Math.round(valToPos(step, "x", true));
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.globalAlpha = 0.55;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** Options for a chart inside `element`; `step` says where the mark is. */
export function options(
  element: HTMLElement,
  curves: Curve[],
  height: number,
  step: () => number | undefined,
  onhover: (row: number | null) => void,
): uPlot.Options {
  const accent = resolve(element, "--accent");
  const axis: uPlot.Axis = {
    stroke: resolve(element, "--muted"),
    grid: { stroke: resolve(element, "--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width: element.clientWidth,
    height,
    padding: [12, 12, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: "checkpoints" }, points: { size: 7 }, drag: { x: false, y: false } },
    hooks: {
      setCursor: [({ cursor }) => onhover(cursor.idx ?? null)],
      draw: [(chart) => mark(chart, step(), accent)],
    },
    scales: {
      x: { time: false },
      y: { range: (_, __, highest) => [0, Math.min(1, 1.1 * (highest || 1))] },
    },
    axes: [
      { ...axis, space: 70, size: 32, values: (_, ticks) => ticks.map(count) },
      { ...axis, size: 50, values: (_, ticks) => ticks.map(percent) },
    ],
    series: [
      {},
      ...curves.map(({ colour, dash }) => ({
        stroke: resolve(element, colour),
        width: 2,
        points: { show: false },
        ...(dash && { dash }),
      })),
    ],
  };
}
