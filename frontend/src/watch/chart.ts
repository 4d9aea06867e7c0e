/** How uPlot draws a panel: lines from zero up, in the colours of the theme. */
import type uPlot from "uplot";
import { rate } from "../lib/words";
import { AXES, type Axis, ceiling, type Column } from "./axis";
import { type Curve, type Panel, said } from "./series";

/** One line of a chart, in the order of the columns. */
export interface Line {
  curve: Curve;
  run: number; // 0, or 1 for the run that is compared
  faint: boolean; // as measured, below its smooth line
}

/** The lines that `columns` gives for so many runs. */
export const lines = (panel: Panel, runs: number, smoothing: number): Line[] =>
  Array.from({ length: runs }, (_, run) => run).flatMap((run) => {
    const twice = smoothing > 0 && !panel.stacked;
    const own = (faint: boolean) => panel.curves.map((curve) => ({ curve, run, faint }));
    return twice ? [...own(true), ...own(false)] : own(false);
  });

export interface Look {
  panel: Panel;
  lines: Line[];
  axis: Axis;
  log: boolean;
  height: number;
  marks: () => number[]; // where a model became the best
  onhover: (row: number | null) => void;
}

/** The colour that a token stands for under the theme of the moment; a canvas needs it so. */
function resolve(element: Element, token: string, opacity = 1): string {
  const probe = element.appendChild(document.createElement("i"));
  probe.style.color = `color-mix(in srgb, var(${token}) ${100 * opacity}%, transparent)`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function range(panel: Panel, log: boolean): uPlot.Scale.Range {
  if (panel.shares && !panel.free) return () => [0, 1];
  if (log) return (_, low, high) => [low || 1e-4, high || 1];
  return (chart, low, high) => {
    if (high == null) return [0, 1];
    if (panel.free) {
      const room = Math.max(0.02 * Math.abs(high), 0.08 * (high - low));
      return [low - room, panel.shares ? Math.min(1.005, high + room) : high + room];
    }
    const top = chart ? Math.min(high, ceiling(chart.data.slice(1) as Column[])) : high;
    return [0, top > 0 ? 1.05 * top : 1];
  };
}

/** Options for a chart inside `element`. */
export function options(element: HTMLElement, look: Look): uPlot.Options {
  const { panel, axis, log } = look;
  const frame: uPlot.Axis = {
    stroke: resolve(element, "--muted"),
    grid: { stroke: resolve(element, "--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  const x = AXES.find(({ key }) => key === axis)!.said;
  const y = (value: number | null) => (panel.shares ? said(panel, value) : rate(value ?? 0));
  return {
    width: element.clientWidth,
    height: look.height,
    padding: [14, 14, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: `over ${axis}` }, points: { size: 7 }, drag: { x: true, y: false } },
    hooks: {
      setCursor: [({ cursor }) => look.onhover(cursor.idx ?? null)],
      draw: [(chart) => drawMarks(chart, look.marks(), resolve(element, "--muted"))],
    },
    scales: { x: { time: false }, y: { distr: log ? 3 : 1, range: range(panel, log) } },
    axes: [
      { ...frame, space: 80, size: 32, values: (_, ticks) => ticks.map(x) },
      { ...frame, size: 58, values: (_, ticks) => ticks.map((it) => (it == null ? "" : y(it))) },
    ],
    bands: panel.stacked
      ? panel.curves.slice(1).map(({ colour }, i) => ({
          series: [i + 2, i + 1],
          fill: resolve(element, colour, 0.55),
        }))
      : (panel.bands ?? []).map(([high, low]) => ({
          series: [high + 1, low + 1],
          fill: resolve(element, panel.curves[high]!.colour, 0.16),
        })),
    series: [
      {},
      ...look.lines.map(({ curve, run, faint }, i) => ({
        stroke: resolve(element, curve.colour, faint ? 0.28 : curve.edge ? 0.35 : 1),
        width: faint || curve.edge ? 1 : panel.stacked ? 1.5 : 2,
        spanGaps: !panel.stacked,
        points: { show: panel.sparse === true && !curve.plain && !curve.edge && !faint, size: 6 },
        ...(panel.stacked && i === 0 && { fill: resolve(element, curve.colour, 0.55) }),
        ...(run > 0 ? { dash: [2, 4] } : curve.dash && { dash: curve.dash }),
      })),
    ],
  };
}

/** A diamond on a thin line where a model became the best. */
function drawMarks({ ctx, bbox, valToPos }: uPlot, marks: number[], colour: string): void {
  const dot = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = dot;
  ctx.setLineDash([2 * dot, 4 * dot]);
  for (const mark of marks) {
    const at = valToPos(mark, "x", true);
    if (!(at >= bbox.left && at <= bbox.left + bbox.width)) continue;
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    const size = 5 * dot;
    ctx.moveTo(at, bbox.top - size);
    for (const [dx, dy] of [[size, 0], [0, size], [-size, 0]]) {
      ctx.lineTo(at + dx!, bbox.top + dy!);
    }
    ctx.fill();
  }
  ctx.restore();
}
