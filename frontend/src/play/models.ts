/** Which model each bot of a game plays with: the one it began with, until a person says so. */
import type { Model, Player } from "../lib/api";
import type { Bot } from "../lib/sides";
import { isUniform } from "../lib/words";

export type Models = readonly [Model | null, Model | null]; // of player 0 and of player 1
export const NOBODY: Models = [null, null];

export const changed = (models: Models, player: Player, model: Model | null): Models =>
  player === 0 ? [model, models[1]] : [models[0], model];

/** `models` with the one that `player` turned out to play with; the same one stays as it was. */
export const noted = (models: Models, player: Player, model: Model): Models =>
  isSame(models[player], model) ? models : changed(models, player, model);

/** What to ask a bot's server for: the same model as before, by its name, where it has one. */
export function asked(bot: Bot, before: Model | null): Bot {
  const kept = before !== null && !isUniform(before);
  return kept ? { ...bot, model: before.name } : bot;
}

const isSame = (before: Model | null, now: Model): boolean =>
  before?.name === now.name && before.step === now.step && before.run === now.run;

/** Whether a model that a source offers now is another one than the bot plays with. */
export const isNews = (before: Model | null, now: Model): boolean =>
  before !== null && !isSame(before, now);
