import { describe, expect, test } from "vitest";
import { bots, onlyPerson, readSides, seated, sidesQuery, swapped, USUAL } from "./sides";
import type { Sides } from "./sides";

const EXPERT = { ...USUAL, level: "expert" };
const OLD = { ...USUAL, run: "my.run-2", model: "step_000400", simulations: 50, milliseconds: 900 };

const read = (query: string) => readSides(new URLSearchParams(query));

describe("the address of", () => {
  test.each<[string, Sides]>([
    ["human=0", ["person", USUAL]],
    ["human=1&level=expert", [EXPERT, "person"]],
    ["human=both", ["person", "person"]],
    ["human=0&simulations=0", ["person", { ...USUAL, simulations: 0 }]],
    ["human=none&level=expert,", [EXPERT, USUAL]],
    [
      "human=none&level=expert,&run=,my.run-2&model=,step_000400&simulations=,50&milliseconds=,900",
      [EXPERT, OLD],
    ],
  ])("%s is read back", (query, sides) => {
    expect(sidesQuery(sides).join("&")).toBe(query);
    expect(read(query)).toEqual(sides);
  });
});

test.each([
  ["human=2", "The link says human=2; it can be 0 (moves first), 1, both or none."],
  ["level=a b", "“a b” is no name of a level."],
  ["level=expert&simulations=9", "The link names a level and simulations; a level has its own."],
  ["simulations=-1", "The link says simulations=-1; it must be a number, 0 for no search."],
  ["milliseconds=soon", "The link says milliseconds=soon; it must be a number above 0."],
  ["level=expert,master", "The link names 2 bots by level; this game has 1."],
])("%s is refused with a reason", (query, reason) => {
  expect(read(query)).toBe(reason);
});

test("a link without a word about it is a person's game against the usual bot", () => {
  expect(read("")).toEqual(["person", USUAL]);
});

test("who plays", () => {
  expect(bots(["person", EXPERT])).toEqual([1]);
  expect(bots([OLD, EXPERT])).toEqual([0, 1]);
  expect(onlyPerson([OLD, "person"])).toBe(1);
  expect(onlyPerson(["person", "person"])).toBeNull();
  expect(swapped(["person", EXPERT])).toEqual([EXPERT, "person"]);
  expect(seated(["person", EXPERT], 1, OLD)).toEqual(["person", OLD]);
  expect(seated([OLD, EXPERT], 0, "person")).toEqual(["person", EXPERT]);
});
