/** How uPlot draws a panel: lines over steps, from zero up, in the colours of the theme. */
import type uPlot from "uplot";
import { rate } from "../lib/words";
import type { Panel } from "./series";

/** The colour that a token stands for under the theme of the moment; a canvas needs it so. */
function resolve(element: Element, token: string): string {
  const probe = element.appendChild(document.createElement("i"));
  probe.style.color = `var(${token})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Options for a chart inside `element`; `onhover` hears the row under the cursor. */
export function options(
  element: HTMLElement,
  panel: Panel,
  height: number,
  onhover: (row: number | null) => void,
): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: resolve(element, "--muted"),
    grid: { stroke: resolve(element, "--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    values: (_, ticks) => ticks.map(rate),
  };
  return {
    width: element.clientWidth,
    height,
    padding: [12, 12, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: "steps" }, points: { size: 7 }, drag: { x: true, y: false } },
    hooks: { setCursor: [({ cursor }) => onhover(cursor.idx ?? null)] },
    scales: {
      x: { time: false },
      y: { range: (_, __, highest) => [0, highest > 0 ? 1.05 * highest : 1] },
    },
    axes: [
      { ...axis, space: 70, size: 32 },
      { ...axis, size: 58 },
    ],
    series: [
      {},
      ...panel.curves.map(({ colour, dash }) => ({
        stroke: resolve(element, colour),
        width: 2,
        points: { show: false },
        ...(dash && { dash }),
      })),
    ],
  };
}
