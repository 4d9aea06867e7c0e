import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";
import App from "./App.svelte";
import { FakeServer } from "./fake";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
  HTMLDialogElement.prototype.showModal = vi.fn();
  HTMLDialogElement.prototype.close = vi.fn();
});

const cell = (name: string) => screen.findByRole("button", { name });
const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });
const unvisited = (label: string) => `${label}0 %25 %–`;
/** The bot's answer to c5 is there: a game still on would go on in the next test. */
const answered = () => waitFor(() => expect(location.hash).toContain("moves=5,0,1"));
const log = () => [...screen.getByRole("log").children].map((it) => it.textContent).join(" ");

test("the first visit starts the game that this server trains", async () => {
  render(App);
  await screen.findByText("Your turn");
  expect(screen.getByRole<HTMLSelectElement>("combobox", { name: "Game" }).value).toBe("sixpack");
  expect(location.hash).toBe("#/play/sixpack?human=0");
  await screen.findByText(/no model yet$/);
  expect(screen.getByText("uniform — no model yet, training starts it")).toBeTruthy();
});

test("a move is answered, thought about, spoken and kept in the address", async () => {
  render(App);
  await fireEvent.click(await cell("row 2, column 3: empty, play c5"));
  await waitFor(() => expect(location.hash).toBe("#/play/sixpack?moves=5,0,1&human=0"));
  await screen.findByText("Your turn");
  expect(log()).toBe("You played c5. The bot played c0. The bot played c1.");
  expect(screen.getByText("+0.25")).toBeTruthy();
  const rows = screen.getAllByRole("row").map((row) => row.textContent?.trim());
  expect(rows.slice(1)).toEqual(["c180 %25 %−0.50", ...["c2", "c3", "c4"].map(unvisited)]);
});

test("a link shows its position; the keys u and r go back and forth", async () => {
  history.replaceState(null, "", "#/play/sixpack?moves=5,0,1,2&human=0");
  render(App);
  await waitFor(() => expect(log()).toMatch(/You played c2.$/));
  await fireEvent.keyDown(window, { key: "u" });
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1&"));
  await fireEvent.keyDown(window, { key: "r" });
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1,2&"));
});

test("the end is told, and the winning line marked", async () => {
  history.replaceState(null, "", "#/play/sixpack?moves=0,1,2,3,4,5&human=1");
  const { container } = render(App);
  expect(await screen.findAllByText("The bot won.")).toHaveLength(2); // shown and spoken
  expect(container.querySelectorAll(".won")).toHaveLength(3);
  await fireEvent.click(button("Swap sides"));
  await waitFor(() => expect(location.hash).toBe("#/play/sixpack?human=0"));
});

test("the browser's back button returns to the old game", async () => {
  render(App);
  await fireEvent.click(await cell("row 2, column 3: empty, play c5"));
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1"));
  await fireEvent.click(button("New game"));
  await waitFor(() => expect(location.hash).toBe("#/play/sixpack?human=0"));
  await screen.findByText("Your turn");
  history.back();
  await waitFor(() => expect(log()).toMatch(/^You played c5./));
});

test("a refusal is told in its own words, and the game goes on", async () => {
  render(App);
  const spot = await cell("row 2, column 3: empty, play c5");
  server.refusal = "simulations = 99 is refused: web.max_simulations allows 50";
  await fireEvent.click(spot);
  await waitFor(() => expect(screen.getByRole("alert").textContent).toContain(server.refusal));
  await fireEvent.click(button("Dismiss"));
  expect(screen.getByRole("alert").textContent?.trim()).toBe("");
  server.refusal = null;
  await fireEvent.click(spot);
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1"));
});

test("a lost server is awaited, with the move kept", async () => {
  render(App);
  const spot = await cell("row 2, column 3: empty, play c5");
  server.down = true;
  await fireEvent.click(spot);
  await screen.findByText("Reconnecting… Your move is kept.");
  server.down = false;
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1"));
  expect(screen.queryByText(/Reconnecting/)).toBeNull();
});

test("how long the bot thinks is asked for and kept in the address", async () => {
  render(App);
  const spot = await cell("row 2, column 3: empty, play c5");
  const select = screen.getByRole("combobox", { name: /simulations per move/ });
  await fireEvent.change(select, { target: { value: "400" } });
  expect(location.hash).toBe("#/play/sixpack?human=0&simulations=400");
  await fireEvent.click(spot);
  await waitFor(() => expect(server.asked.at(-1)?.body).toMatchObject({ simulations: 400 }));
  await answered();
});

test("a level is chosen by name, with its rating beside it", async () => {
  render(App);
  const spot = await cell("row 2, column 3: empty, play c5");
  const select = screen.getByRole<HTMLSelectElement>("combobox", { name: /Opponent/ });
  const option = await screen.findByRole("option", { name: "Beginner · 154 Elo" });
  expect(option.closest("optgroup")!.label).toBe("Levels of the zoo's model");
  await fireEvent.change(select, { target: { value: "level:beginner" } });
  expect(location.hash).toBe("#/play/sixpack?human=0&level=beginner");
  screen.getByText(/154 Elo \(116 to 189\)/);
  await fireEvent.click(spot);
  await waitFor(() => expect(server.asked.at(-1)?.body).toMatchObject({ level: "beginner" }));
  await answered();
});

test("a level that the game does not have is kept in sight", async () => {
  history.replaceState(null, "", "#/play/sixpack?human=0&level=master");
  render(App);
  await screen.findByText("This game has no such level.");
  const select = screen.getByRole<HTMLSelectElement>("combobox", { name: /Opponent/ });
  expect(select.value).toBe("level:master");
});

test("a link that cannot be read says why", async () => {
  history.replaceState(null, "", "#/play/sixpack?moves=one");
  render(App);
  expect(screen.getByText("The link's list of moves cannot be read: “one”.")).toBeTruthy();
});

test("a link to an unknown game names the known ones", async () => {
  history.replaceState(null, "", "#/play/chess?human=0");
  render(App);
  await screen.findByText("There is no game “chess” here. Known: sixpack, other.");
});
