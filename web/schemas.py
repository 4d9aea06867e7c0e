"""Every JSON shape that crosses HTTP. The TypeScript types of the page are generated from these."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_MOVES = 1000
"""A longer list of moves than any game can have is refused before anything looks at it."""


class Strict(BaseModel):
    """A request body: an unknown field or a value of another type is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PieceOut(BaseModel):
    """How one kind of piece is drawn."""

    name: str
    shape: Literal["cross", "ring", "disc", "stone"]
    tone: Literal["first", "second"]


class ViewOut(BaseModel):
    """How a board is drawn: cells row by row from the top left; cell k > 0 shows pieces[k - 1].

    `layout` pits: two rows of numbers, the first and the last cell are stores at the two ends; hex:
    hexagons, each row half a cell to the right of the row above. `edges`: the tones of the top,
    right, bottom and left edge, or none.
    """

    rows: int
    columns: int
    layout: Literal["square", "drop", "pits", "hex"]
    pieces: list[PieceOut]
    edges: list[Literal["first", "second"]]


class GameOut(BaseModel):
    """One game that can be played and trained."""

    name: str
    title: str
    actions: int
    max_plies: int
    view: ViewOut


class ActionOut(BaseModel):
    """A legal action: its id, its name and the cells to click (none: a button)."""

    action: int
    label: str
    clicks: list[int]


class MoveOut(BaseModel):
    """A move already played; `clicks` are the cells it touched, for the last-move mark."""

    ply: int
    player: int
    action: int
    label: str
    clicks: list[int]


class ModelOut(BaseModel):
    """Which model speaks. `name` is "zoo" for the model that comes with the program, which plays
    while a run has not published one, and "uniform" where there is neither."""

    name: str
    step: int | None = Field(
        description="learner step of the model; null for the uniform evaluator"
    )
    published_at: float | None = Field(description="seconds since the epoch; null for uniform")
    sha256: str | None = None
    kind: Literal["best", "latest"] | None = Field(
        default=None, description="best: by the referee's matches; latest: while there is no best"
    )


class PositionOut(BaseModel):
    """A position: the moves that lead to it and all that a page shows of it."""

    game: str
    moves: list[int]
    cells: list[int]
    mover: int
    legal: list[ActionOut]
    history: list[MoveOut]
    over: bool
    result: int | None = Field(description="final margin for player 0; null while the game goes on")
    winner: int | None = Field(description="0 or 1; null while the game goes on and after a draw")
    highlight: list[int] = Field(description="cells of the winning line, if there is one")


class MoveStats(BaseModel):
    """What the search thought of one legal action, from the mover's point of view."""

    action: int
    label: str
    clicks: list[int]
    visits: int
    share: float = Field(description="visits of this action / visits of all actions")
    q: float | None = Field(description="mean value in [-1, 1]; null if never visited")
    prior: float = Field(description="the network's policy before the search")


class Thought(BaseModel):
    """One search: the player who thought, what was played, and why."""

    player: int
    action: int
    label: str
    value: float = Field(description="expected result in [-1, 1] for that player")
    wdl: list[float] = Field(description="the network's win, draw, loss for that player")
    simulations: int
    milliseconds: float
    moves: list[MoveStats]
    model: ModelOut


MILLISECONDS: Any = Field(
    default=None,
    ge=1,
    le=600_000,
    description="the bot's time for each move of its own, if that is over before its simulations",
)


LEVEL: Any = Field(
    default=None,
    description="one of /games/{game}/levels; it has its own simulations and its own model",
)


class NewGameIn(Strict):
    """Start a game: which one, and which player the person is (0 moves first)."""

    game: str
    human: Literal[0, 1] = 0
    level: str | None = LEVEL
    simulations: int | None = Field(default=None, ge=1)
    milliseconds: int | None = MILLISECONDS


class MoveIn(Strict):
    """The position as its list of moves, and the person's action in it.

    With `reply` the bot answers, several times in a row if the rules let it move again.
    """

    game: str
    moves: list[int] = Field(max_length=MAX_MOVES)
    action: int
    reply: bool = True
    level: str | None = LEVEL
    simulations: int | None = Field(default=None, ge=1)
    milliseconds: int | None = MILLISECONDS


class LevelOut(BaseModel):
    """A named strength to play against."""

    name: str
    title: str
    simulations: int = Field(description="per move; 0 = the network's policy alone")
    temperature: float = Field(
        description="above 0 the move is drawn from policy ** (1 / temperature)"
    )
    rating: float | None = Field(description="Elo, a random player has 0; null if unmeasured")
    interval: list[float] | None = Field(description="95 % limits of the rating")


class LevelsOut(BaseModel):
    """The levels of a game, the weakest first, and the model that plays them all."""

    game: str
    model: ModelOut
    levels: list[LevelOut]


class PlayOut(BaseModel):
    """The position after the moves that were played, and what the bot thought on the way."""

    position: PositionOut
    thoughts: list[Thought]
    model: ModelOut


class AgreementOut(BaseModel):
    """How far a backend's answers are from the exact ones, over positions of the run's games."""

    positions: int
    policy_kl: float = Field(description="mean KL divergence of the policy, in nats")
    value_error: float = Field(description="mean absolute error of the value in [-1, 1]")
    top1: float = Field(description="share of positions with the same favourite move")


class CandidateOut(BaseModel):
    """A backend that could compute the network, and what became of it."""

    backend: str = Field(description="onnxruntime, openvino-fp32, -bf16, -int8, cuda")
    outcome: Literal["in use", "unused", "refused", "unavailable"]
    reason: str = Field(description="why it is not in use; empty for the one that is")
    positions_per_second: float | None = Field(description="on one core; null if not measured")
    agreement: AgreementOut | None = Field(description="null where it was not compared")


class EvaluatorOut(BaseModel):
    """What computes the network in a process that plays."""

    backend: str
    step: int = Field(description="learner step of the model it was chosen for")
    candidates: list[CandidateOut]


class ProcessOut(BaseModel):
    """A process of the run, as its last heartbeat told."""

    name: str = Field(description="actor-0, actor-1, trainer, …")
    state: str = Field(
        description="in its own words: playing, training, waiting for data: 312/500, paused"
    )
    age_seconds: float
    alive: bool
    rates: dict[str, float] = Field(description="what it counts per second, e.g. games_per_second")
    evaluator: EvaluatorOut | None = Field(
        default=None, description="null for a process that does not play with a model"
    )


class MetricsRow(BaseModel):
    """One line of the learner's history."""

    step: int
    seconds: float = Field(description="training time of the run so far, over all restarts")
    games: int
    positions: int
    policy_loss: float
    value_loss: float
    loss: float
    policy_entropy: float = Field(
        description="of the targets, in nats: the floor of the policy loss"
    )
    reply_loss: float = Field(
        default=0.0, description="of the move that followed, in nats; 0 without it"
    )
    ending_loss: float = Field(
        default=0.0, description="of final margin and owners of the cells; 0 without them"
    )
    learning_rate: float
    grad_norm: float
    games_per_second: float
    positions_per_second: float
    steps_per_second: float
    core_seconds: float = Field(
        0.0, description="processor time of self-play and learning so far; 0 in older runs"
    )
    flops: float = Field(
        0.0, description="operations of the network in both, multiplications and additions"
    )


class EvaluationRow(BaseModel):
    """A match of a published model."""

    step: int
    opponent: str = Field(description="best: the best model at that time; random")
    against: int | None = Field(default=None, description="step of the opponent, if it has one")
    games: int
    score: float = Field(description="share of points, a draw counts half")
    interval: list[float] = Field(description="95 % Wilson interval of the score")
    finding: Literal["stronger", "not stronger", "weaker", "undecided"] | None = Field(
        default=None, description="stronger: it became the best; weaker: a relapse"
    )


class PromotionRow(BaseModel):
    """A model became the best."""

    step: int
    sha256: str
    against: int | None = Field(description="step of the best until then; null for the first")
    at: float = Field(description="seconds since the epoch")


class AccuracyRow(BaseModel):
    """How often a published model agrees with exact play on positions made by the run itself."""

    step: int
    set: str = Field(
        "random", description="random: of random games; selfplay: of the run's own; hard"
    )
    simulations: int = Field(0, description="a move; 0 = the policy alone, without any search")
    positions: int = Field(description="solved positions in the set")
    wdl_optimal: float = Field(description="share of moves that keep win, draw or loss")
    wdl_interval: list[float] = Field(description="95 % Wilson interval of that share")
    exact_optimal: float = Field(description="share of moves with the best exact value")
    random_wdl_optimal: float = Field(description="the first share for a random mover")


class IncidentRow(BaseModel):
    """Trouble of the learner, which went back to its last good checkpoint by itself."""

    at: float = Field(description="seconds since the epoch")
    step: int = Field(description="the learner's step, or that of the model that lost strength")
    kind: Literal["diverged", "exploded", "relapsed"]
    message: str
    restored_step: int | None = Field(
        description="the step that the learner went back to; null if it could not"
    )


class FigureOut(BaseModel):
    """One figure about the data, and the threshold beyond which it is an alarm."""

    name: str = Field(description="what the history calls it")
    title: str
    unit: Literal["share", "nats", "value", "plies", "leaves", "steps", "seconds"]
    limit: Literal["most", "least"] = Field(
        description="whether the threshold is the most or the least that the value may be"
    )
    value: float | None = Field(description="null where nothing is measured")
    threshold: float | None = Field(description="null where there is no alarm, or none as yet")
    alarm: str | None = Field(description="what is wrong and what helps; null while all is well")


class CalibrationOut(BaseModel):
    """Positions of which the search predicted about the same: what came of them."""

    low: float
    high: float
    positions: int
    predicted: float = Field(description="mean value of the search, in [-1, 1], for the mover")
    result: float = Field(description="mean final result for the same mover")


class LengthsOut(BaseModel):
    """Plies of the newest games: their mean and three quantiles."""

    mean: float
    p05: float
    median: float
    p95: float


class FirstMoveOut(BaseModel):
    """A first move that was searched, and its share of the games that began so."""

    action: int
    label: str
    share: float


class QualityRow(BaseModel):
    """The figures, by name, at a row of the learner's history."""

    step: int
    seconds: float
    values: dict[str, float | None]


class QualityOut(BaseModel):
    """What the newest games and positions are like."""

    games: int = Field(description="newest games that the figures are about")
    positions: int = Field(description="newest positions that the figures are about")
    figures: list[FigureOut]
    calibration: list[CalibrationOut] = Field(description="lowest prediction first")
    lengths: LengthsOut | None = Field(description="null before the first game")
    first_moves: list[FirstMoveOut] = Field(
        description="of games without random opening, most frequent first"
    )
    history: list[QualityRow]


class StatsOut(BaseModel):
    """The run as a whole: what `stats.json` holds, and whether its processes are alive."""

    run: str
    game: str
    training: Literal["running", "paused", "stopped"]
    can_control: bool = Field(description="whether POST /selfplay is allowed by the configuration")
    processes: list[ProcessOut]
    model: ModelOut
    step: int
    horizon_steps: int
    games: int
    positions: int
    window_positions: int
    samples_used: int = Field(
        description="samples trained on; / positions = the replay ratio reached"
    )
    message: str = Field(description="what the learner does or waits for, in words")
    history: list[MetricsRow]
    evaluations: list[EvaluationRow]
    accuracy: list[AccuracyRow] = Field(
        default=[], description="empty where no solver reaches the game, and in older runs"
    )
    incidents: list[IncidentRow] = Field(default=[], description="oldest first")
    quality: QualityOut | None = Field(
        default=None, description="null before the learner's first report, and in older runs"
    )
    promotions: list[PromotionRow] = Field(
        default=[], description="every model that became the best, the present one last"
    )
    updated_at: float | None = Field(
        description="when stats.json was written; null before the first"
    )


class ModelsOut(BaseModel):
    """Every model of a run, newest first."""

    run: str
    served: ModelOut = Field(description="the best one, or the latest while there is no best")
    snapshots: list[ModelOut]


class SelfplayIn(Strict):
    """Start or stop the training of the server's run."""

    command: Literal["start", "stop"]


class SelfplayOut(BaseModel):
    """What training does after the command."""

    training: Literal["running", "paused", "stopped"]
    message: str


class HealthOut(BaseModel):
    """The server is up; which games' models it has loaded."""

    status: Literal["ok"]
    version: str
    run: str
    model: ModelOut


class ErrorOut(BaseModel):
    """Every refusal: one sentence with the cause, the value and the remedy."""

    detail: str
