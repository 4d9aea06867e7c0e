/** What the server writes is shown, and what is shown is written: no figure gets lost. */
import { expect, test } from "vitest";
import document from "../../openapi.json";
import { LEARNING, LOSSES, SPEED, TIME } from "./series";

const sources = import.meta.glob<string>(["./*.{ts,svelte}", "!./*.test.ts", "!./fake.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const text = Object.values(sources).join("\n");
const schemas = document.components.schemas as {
  [name: string]: { properties: { [field: string]: unknown } };
};

const SHOWN = [
  ...["StatsOut", "MetricsRow", "EvaluationRow", "AccuracyRow", "PromotionRow", "IncidentRow"],
  ...["ProcessOut", "EvaluatorOut", "CandidateOut", "AgreementOut", "FigureOut", "QualityOut"],
  ...["CalibrationOut", "LengthsOut", "FirstMoveOut", "LiveOut", "LiveActorOut", "LiveGameOut"],
  ...["SelfplayGameOut", "SelfplayRecordOut", "PlyOut", "SearchedOut", "OptionOut", "PresetOut"],
];
/** Said in other words, or the means to an end. */
const UNSAID: { [schema: string]: string[] } = {
  StatsOut: ["updated_at"],
  MetricsRow: [],
  AccuracyRow: ["positions", "exact_optimal"],
  IncidentRow: ["restored_step"], // its message tells it
  PromotionRow: ["sha256", "against"],
  CalibrationOut: ["low", "high"],
  LengthsOut: ["mean"], // the figure is the mean
  QualityOut: ["history"],
  LiveActorOut: ["age_seconds"],
};

test.each(SHOWN)("every field of %s is on the page", (name) => {
  const fields = Object.keys(schemas[name]!.properties);
  expect(fields.length).toBeGreaterThan(1);
  const missing = fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(text));
  expect(missing.filter((field) => !UNSAID[name]?.includes(field))).toEqual([]);
});

test("every curve is a field of the history", () => {
  const fields = Object.keys(schemas.MetricsRow!.properties);
  const curves = [LOSSES, TIME, ...LEARNING, ...SPEED].flatMap((panel) => panel.curves);
  expect(curves.filter(({ key }) => !fields.includes(key))).toEqual([]);
});
