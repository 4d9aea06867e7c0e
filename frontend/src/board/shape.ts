/** Where the cells of a board lie, without DOM and without rules: 100 units are one cell wide. */
import type { View } from "../lib/api";

/** A rectangle around its middle. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const SIDE = 100 / Math.sqrt(3); // of a hexagon that is 100 wide
const RIM = 14; // around hexagons, for the edges
const PIT = 140; // height of a row of pits: a pit and its number

/** Width and height of the whole board. */
export function extent(view: View): { width: number; height: number } {
  const { rows, columns } = view;
  if (view.layout === "pits") return { width: 100 * (columns + 1), height: PIT * rows };
  if (view.layout === "square" || view.layout === "drop") {
    return { width: 100 * columns, height: 100 * rows };
  }
  const width = 100 * columns + 50 * (rows - 1);
  return { width: width + 2 * RIM, height: SIDE * (1.5 * rows + 0.5) + 2 * RIM };
}

/** Whether a cell is one of the two stores at the ends. */
export const isStore = (view: View, cell: number): boolean =>
  view.layout === "pits" && (cell === 0 || cell === view.rows * view.columns - 1);

/** The place of a cell. */
export function box(view: View, cell: number): Box {
  const [row, column] = [Math.floor(cell / view.columns), cell % view.columns];
  const square = { x: 100 * column + 50, y: 100 * row + 50, width: 100, height: 100 };
  if (view.layout === "hex") {
    const [x, y] = [square.x + 50 * row + RIM, SIDE * (1.5 * row + 1) + RIM];
    return { x, y, width: 100, height: 2 * SIDE };
  }
  if (view.layout !== "pits") return square;
  const x = square.x + (row === 0 ? 0 : 100);
  const { height } = extent(view);
  if (isStore(view, cell)) return { x, y: height / 2, width: 100, height };
  return { x, y: PIT * (row + 0.5), width: 100, height: PIT };
}

/** The middle of what lies in a cell; in pits that of the hollow, not of its number. */
export function centre(view: View, cell: number): { x: number; y: number } {
  const { x, y } = box(view, cell);
  if (view.layout !== "pits" || isStore(view, cell)) return { x, y };
  return { x, y: y + (cell < view.columns ? 22 : -22) };
}

/** The corners of a hexagon, from the top clockwise, seen from its middle. */
export const CORNERS: [x: number, y: number][] = [
  [0, -SIDE],
  [50, -SIDE / 2],
  [50, SIDE / 2],
  [0, SIDE],
  [-50, SIDE / 2],
  [-50, -SIDE / 2],
];

/** A hexagon around the origin, as the points of a polygon. */
export const hexagon = (scale: number): string =>
  CORNERS.map(([x, y]) => `${scale * x},${scale * y}`).join(" ");

/** The four outer lines of a board of hexagons: top, right, bottom, left. */
export function outline(view: View): string[] {
  const { rows, columns } = view;
  const line = (cells: number[], ...corners: number[]) =>
    cells.flatMap((cell) =>
      corners.map((corner) => {
        const { x, y } = box(view, cell);
        const [dx, dy] = CORNERS[corner]!;
        return `${x + dx},${y + dy}`;
      }),
    );
  const row = (of: number) => Array.from({ length: columns }, (_, i) => of * columns + i);
  const column = (of: number) => Array.from({ length: rows }, (_, i) => i * columns + of);
  return [
    line(row(0), 5, 0, 1),
    line(column(columns - 1), 1, 2).concat(line([rows * columns - 1], 2)),
    line(row(rows - 1), 4, 3, 2),
    line([0], 5).concat(line(column(0), 5, 4)),
  ].map((points) => points.join(" "));
}

/** Where the stones of a heap lie, seen from its middle: a sunflower. */
export const heap = (stones: number, spread: number): [x: number, y: number][] =>
  Array.from({ length: stones }, (_, i) => {
    const [radius, angle] = [spread * Math.sqrt(i + (stones < 2 ? 0 : 0.5)), 2.39996 * i];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
