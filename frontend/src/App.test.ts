import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";
import App from "./App.svelte";
import { FakeServer, ZOO } from "./fake";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
  HTMLDialogElement.prototype.showModal = vi.fn();
});

const cell = (name: string) => screen.findByRole("button", { name });
/** The person may move. */
const turn = async () => {
  await screen.findByText("Your turn");
  await waitFor(() => expect(document.querySelector(".board[aria-busy=false]")).not.toBeNull());
};
const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });
const unvisited = (label: string) => `${label}0 %25 %–`;
/** The bot's answer to c5 is there: a game still on would go on in the next test. */
const answered = () => waitFor(() => expect(location.hash).toContain("moves=5,0,1"));
const log = () => [...screen.getByRole("log").children].map((it) => it.textContent).join(" ");

test("the first visit starts the game that this server trains", async () => {
  render(App);
  await turn();
  expect(screen.getByRole<HTMLSelectElement>("combobox", { name: "Game" }).value).toBe("sixpack");
  expect(location.hash).toBe("#/play/sixpack?human=0");
  await screen.findByText(/no model yet$/);
  await screen.findByText("uniform — no model yet, training starts it");
});

test("a move is answered, thought about, spoken and kept in the address", async () => {
  render(App);
  await fireEvent.click(await cell("row 2, column 3: empty, play c5"));
  await waitFor(() => expect(location.hash).toBe("#/play/sixpack?moves=5,0,1&human=0"));
  await turn();
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
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1,2&at=3&"));
  await fireEvent.keyDown(window, { key: "r" });
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1,2&human"));
  await fireEvent.keyDown(window, { key: "Home" });
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1,2&at=0&"));
  expect(log()).toBe("");
  await fireEvent.keyDown(window, { key: "ArrowRight" });
  await waitFor(() => expect(log()).toBe("You played c5."));
  await fireEvent.click(button("Move 3: c1"));
  await waitFor(() => expect(log()).toMatch(/The bot played c1.$/));
});

test("the end is told, and the winning line marked", async () => {
  history.replaceState(null, "", "#/play/sixpack?moves=0,1,2,3,4,5&human=1");
  const { container } = render(App);
  expect(await screen.findAllByText("The bot won.")).toHaveLength(2); // shown and spoken
  expect(container.querySelectorAll(".won")).toHaveLength(3);
  await fireEvent.click(button("Rematch"));
  await waitFor(() => expect(location.hash).toBe("#/play/sixpack?human=0"));
});

test("the browser's back button returns to the old game", async () => {
  render(App);
  await fireEvent.click(await cell("row 2, column 3: empty, play c5"));
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1"));
  await fireEvent.click(button("New game"));
  await waitFor(() => expect(location.hash).toBe("#/play/sixpack?human=0"));
  await turn();
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
  await fireEvent.click(await cell("Ask again"));
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

test("any model and how long it thinks are asked for and kept in the address", async () => {
  render(App);
  const spot = await cell("row 2, column 3: empty, play c5");
  const choose = async (name: string, value: string) =>
    fireEvent.change(await screen.findByRole("combobox", { name }), { target: { value } });
  await choose("Opponent: a level, or a model", "custom");
  await screen.findByRole("option", { name: "Step 400" });
  await choose("Opponent: model", "step_000400");
  await choose("Opponent: thinking", "milliseconds:1000");
  expect(location.hash).toBe("#/play/sixpack?human=0&model=step_000400&milliseconds=1000");
  await fireEvent.click(spot);
  await waitFor(() =>
    expect(server.question).toMatchObject({ model: "step_000400", milliseconds: 1000 }),
  );
  await answered();
  const runs = screen.getByRole("combobox", { name: "Opponent: run" });
  expect([...runs.children].map((it) => it.textContent)).toEqual(["Usual run", "Run first"]);
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
  await waitFor(() => expect(server.question).toMatchObject({ level: "beginner" }));
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

test("a hint says what to play and why, and goes with the position", async () => {
  history.replaceState(null, "", "#/play/sixpack?moves=5,0,1&human=0&level=beginner");
  const { container } = render(App);
  await turn();
  server.hold();
  await fireEvent.keyDown(window, { key: "h" });
  await screen.findByText("so far…");
  server.release();
  await waitFor(() => expect(screen.queryByText("so far…")).toBeNull());
  expect(server.question).toMatchObject({ moves: [5, 0, 1], model: null });
  expect(server.question).not.toHaveProperty("level"); // a beginner gives no good hints
  expect(container.querySelectorAll(".pointed")).toHaveLength(1);
  expect(container.querySelector(".hint")!.textContent).toMatch(/play c2.*80 %.*c3/s);
  expect(log()).toMatch(/Hint: c2.$/);
  await fireEvent.click(button("row 1, column 3: empty, play c2"));
  await waitFor(() => expect(container.querySelector(".hint")).toBeNull());
  await waitFor(() => expect(location.hash).toContain("moves=5,0,1,2&"));
});

test("while the bot thinks, its visits grow on the board and beside it", async () => {
  const { container } = render(App);
  const spot = await cell("row 2, column 3: empty, play c5");
  server.hold();
  await fireEvent.click(spot);
  await screen.findByText(/would play/);
  expect(screen.getByText(/after 4/)).toBeTruthy();
  const numbers = [...container.querySelectorAll("g.live text")];
  expect(numbers.map((it) => it.textContent)).toEqual(["80"]);
  server.release();
  await answered();
  expect(container.querySelectorAll("g.live")).toHaveLength(0);
});

test("two people, then two bots play at this table", async () => {
  render(App);
  await turn();
  await fireEvent.click(button("2 people"));
  await screen.findByText("Player 1 to move");
  await fireEvent.click(await cell("row 2, column 3: empty, play c5"));
  await screen.findByText("Player 2 to move");
  expect(location.hash).toBe("#/play/sixpack?moves=5&human=both");
  await fireEvent.click(button("Resign"));
  expect(await screen.findAllByText("Player 2 resigned. Player 1 won.")).toHaveLength(2);
  await fireEvent.click(button("2 bots"));
  await fireEvent.click(await screen.findByRole("button", { name: "Fast" }));
  expect(await screen.findAllByText("Bot 1 won.", undefined, { timeout: 5000 })).toHaveLength(2);
  expect(log()).toMatch(/^Bot 1 played c0. Bot 2 played c1./);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Pause" }).disabled).toBe(true);
});

test("moves are pasted; those that cannot be played are refused in words", async () => {
  render(App);
  await turn();
  await fireEvent.keyDown(window, { key: "s" });
  const field = await screen.findByLabelText<HTMLTextAreaElement>("Go to a position");
  await fireEvent.input(field, { target: { value: "c5 c0 c0" } });
  await fireEvent.click(screen.getByText("Go there"));
  await screen.findByText(/^Move 3, “c0”, cannot be played there; possible are/);
  await fireEvent.input(field, { target: { value: "c5 c0 c1" } });
  await fireEvent.click(screen.getByText("Go there"));
  await waitFor(() => expect(location.hash).toBe("#/play/sixpack?moves=5,0,1&human=0"));
  expect(screen.queryByText("Share this game")).toBeNull();
});

test("a digit plays in the cell that it counts to", async () => {
  render(App);
  await turn();
  await fireEvent.keyDown(window, { key: "6" });
  await answered();
});

test("a stronger model is offered; the game keeps the old one until it is wanted", async () => {
  const model = (step: number) => ({ ...ZOO, name: `step_00000${step}`, step, sha256: `${step}` });
  server.model = model(4);
  history.replaceState(null, "", "#/play/sixpack?moves=5&human=0");
  vi.useFakeTimers({ shouldAdvanceTime: true });
  render(App);
  await turn();
  server.model = { ...model(8), kind: "best" };
  await vi.advanceTimersByTimeAsync(6000);
  vi.useRealTimers();
  await screen.findByText("A stronger model is here:");
  expect(server.question).toMatchObject({ model: "step_000004" });
  await fireEvent.click(screen.getByText("Play the new one"));
  await fireEvent.click(await cell("row 1, column 3: empty, play c2"));
  await fireEvent.click(await cell("row 2, column 1: empty, play c3"));
  await waitFor(() =>
    expect(server.question).toMatchObject({ moves: [5, 0, 1, 2, 3], model: null }),
  );
  await waitFor(() => expect(screen.queryByText("A stronger model is here:")).toBeNull());
});
