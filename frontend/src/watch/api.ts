/** What the server tells of a run while it learns. */
import { call, type Stats } from "../lib/api";
import type { components } from "../lib/api.gen";

type Schemas = components["schemas"];
export type Run = Schemas["RunOut"];
export type Live = Schemas["LiveOut"];
export type LiveGame = Schemas["LiveGameOut"];
export type Option = Schemas["OptionOut"];
export type Head = Schemas["SelfplayGameOut"];
export type Record = Schemas["SelfplayRecordOut"];
export type Preset = Schemas["PresetOut"];
export type RunSettings = Schemas["RunSettingsOut"];
export type Rung = Schemas["RungOut"];
export type Command = Schemas["SelfplayIn"];
export type Commanded = Schemas["SelfplayOut"];

/** A path that names a run; null is the server's own. */
export const about = (run: string | null, route: string, more: { [key: string]: string } = {}) => {
  const query = new URLSearchParams({ ...(run !== null && { run }), ...more }).toString();
  return query === "" ? route : `${route}?${query}`;
};

export const stats = (run: string | null, signal?: AbortSignal) =>
  call<Stats>(about(run, "/stats"), signal);
export const live = (run: string | null, signal?: AbortSignal) =>
  call<Live>(about(run, "/live"), signal);
export const games = (run: string | null, limit: number, signal?: AbortSignal) =>
  call<{ games: Head[] }>(about(run, "/selfplay/games", { limit: String(limit) }), signal);
export const record = (run: string | null, id: number, signal?: AbortSignal) =>
  call<Record>(about(run, `/selfplay/games/${id}`), signal);
export const settings = (run: string | null, signal?: AbortSignal) =>
  call<RunSettings>(about(run, "/settings"), signal);
export const presets = (signal?: AbortSignal) => call<Preset[]>("/presets", signal);
export const ladder = (run: string | null, signal?: AbortSignal) =>
  call<{ players: Rung[] }>(about(run, "/ladder"), signal);
export const command = (body: Command, signal?: AbortSignal) =>
  call<Commanded>("/selfplay", signal, body);
