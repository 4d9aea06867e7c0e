"""The run as a whole: its history, the referee's findings, its state."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from web.schemas.models import ModelOut
from web.schemas.processes import ProcessOut
from web.schemas.quality import QualityOut


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
    simulations_per_second: float | None = Field(
        None, description="of all actors; this and what follows is null without them"
    )
    evaluations_per_second: float | None = Field(
        None, description="positions through the network, of all actors"
    )
    batch_fill: float | None = Field(
        None, description="share of the games whose position was in a batch of the network"
    )
    cache_hits: float | None = Field(
        None, description="share of the positions that did not need the network"
    )
    network_share: float | None = Field(None, description="of the actors' time: in the network")
    tree_share: float | None = Field(None, description="of their time: in the search tree")
    storing_share: float | None = Field(None, description="of their time: storing games")
    loading_share: float | None = Field(None, description="of their time: loading models")
    waiting_share: float | None = Field(
        None, description="of their time: paused, or ahead of the learner"
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
    seconds: float = Field(0.0, description="training time so far, over all restarts")
    budget_seconds: float | None = Field(
        None, description="training time after which the run ends; null where it goes on"
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
