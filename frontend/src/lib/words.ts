/** Numbers and facts said the way a person would. */
import type { Level, Model } from "./api";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const count = (value: number): string => whole.format(value);
/** Three significant digits, whatever the size: "1,240", "5.31", "2.0e-4". */
export function rate(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return value.toExponential(1);
  return Math.abs(value) >= 100 ? whole.format(value) : short.format(value);
}
export const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** A value in [-1, 1] with its sign: "+0.31", "−0.07". */
export function signed(value: number): string {
  const digits = Math.abs(value).toFixed(2);
  return `${Number(digits) === 0 ? "" : value < 0 ? "−" : "+"}${digits}`;
}

const UNITS: [seconds: number, name: string][] = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** "3 min ago"; less than two seconds is "just now". */
export function ago(seconds: number): string {
  return seconds < 2 ? "just now" : `${duration(seconds)} ago`;
}

/** A span of time in its largest fitting unit: "45 s", "3 min", "2 d". */
export function duration(seconds: number): string {
  const [size, name] = UNITS.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${name}`;
}

export const isUniform = (model: Model): boolean => model.name === "uniform";

/** Whether it is the model that comes with the program. */
export const isZoo = (model: Model): boolean => model.name === "zoo";

/** Which model speaks, in one phrase. */
export function modelName(model: Model): string {
  if (isUniform(model)) return "uniform — no model yet, training starts it";
  if (isZoo(model)) return `the zoo's ready model, of step ${count(model.step ?? 0)}`;
  if (model.step === null) return model.name;
  return `the ${model.kind === "best" ? "best model, that" : "model"} of step ${count(model.step)}`;
}

/** A level and what it is worth: "Expert · 1,250 Elo". */
export const levelName = ({ title, rating }: Level): string =>
  rating === null ? title : `${title} · ${count(rating)} Elo`;

/** How a level thinks, and how certain its rating is. */
export function levelInWords({ simulations, temperature, rating, interval }: Level): string {
  const depth = simulations === 0 ? "No search" : simulationsInWords(simulations) + " a move";
  const choice = temperature > 0 ? ", moves drawn by chance" : "";
  const limits = interval === null ? "" : ` (${interval.map(count).join(" to ")})`;
  if (rating === null) return `${depth}${choice}; not rated yet.`;
  return `${depth}${choice}; ${count(rating)} Elo${limits}; random play has 0.`;
}

export const simulationsInWords = (simulations: number): string =>
  `${count(simulations)} simulation${simulations === 1 ? "" : "s"}`;
