"""Every setting: name, default, unit and the paper's value. The only place a default is written.

engine/sources.py says where values come from. Paper values: AZ = AlphaZero (Silver et al., 2018),
KG = KataGo (Wu, 2019, and its public configurations), GZ = Gumbel AlphaZero
(Danihelka et al., 2022).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "CARTRIDGE_"
"""How the environment variables of all settings begin."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]
EvenGames = Annotated[int, Field(ge=2, multiple_of=2)]


class Section(BaseModel):
    """A group of settings that refuses keys it does not know and cannot be changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RunSettings(Section):
    """Which training history this is."""

    game: str = Field("tictactoe", description="the game that is trained and served")
    name: str = Field(
        "", pattern=r"^[\w.-]*$", description="folder below data_dir; empty = the game's name"
    )
    seed: int = Field(
        0,
        ge=0,
        description="seed of all randomness; worker by worker the same games for the same models",
    )


class StorageSettings(Section):
    """Where a run lives on disk."""

    data_dir: Path = Field(Path("data"), description="folder that holds all runs")
    keep_positions: int = Field(
        2_000_000, ge=1, description="positions kept in replay.db; older games are pruned"
    )
    zoo_dir: str = Field(
        "", description="folder of ready models and their cards; empty = the program's own"
    )


class SearchSettings(Section):
    """Monte Carlo tree search in self-play, arena and browser."""

    simulations: Positive = Field(100, description="simulations per move in self-play (AZ: 800)")
    c_init: float = Field(1.5, ge=0, description="exploration constant of PUCT (AZ: 1.25)")
    c_base: float = Field(
        19652, gt=0, description="visits at which exploration starts to grow (AZ: 19652)"
    )
    fpu_reduction: float = Field(
        0.2,
        ge=0,
        description="an unvisited child is worth its parent - this * sqrt(visited P) (KG: 0.2)",
    )
    dirichlet_total: float = Field(
        10.0, gt=0, description="root noise: alpha = this / number of legal actions (AZ: about 10)"
    )
    dirichlet_fraction: Share = Field(
        0.25, description="share of noise in the root's priors (AZ: 0.25)"
    )
    root_temperature: float = Field(
        1.1,
        gt=0,
        description="softmax temperature of the root's policy in self-play (KG: 1.25 to 1.1)",
    )
    dirichlet_shape: Share = Field(
        0.0, description="share of the noise that follows the priors, the rest is even (KG: 0.5)"
    )
    root: Literal["puct", "gumbel"] = Field(
        "puct", description="who is visited at the root: PUCT, or Gumbel with sequential halving"
    )
    forced_playouts: float = Field(
        0.0,
        ge=0,
        description="a visited child of a noisy root gets sqrt(this * P * n) visits, which are"
        " taken out of the target; 0 = off (KG: 2)",
    )
    considered: Positive = Field(16, description="actions that Gumbel considers at first (GZ: 16)")
    value_visits: float = Field(50.0, ge=0, description="c_visit of Gumbel (GZ: 50)")
    value_scale: float = Field(
        0.5, gt=0, description="c_scale of Gumbel, for values in [0, 1] (GZ: 1)"
    )
    prove: bool = Field(
        True, description="back up proven wins, draws and losses and stop at a proven root"
    )
    cache_megabytes: float = Field(
        64.0, ge=0, description="evaluations kept per worker until the next model; 0 = none"
    )
    share_duplicates: bool = Field(
        True, description="equal leaves of one wave share an evaluation (needs the cache)"
    )
    symmetry: Literal["as_is", "canonical", "random"] = Field(
        "canonical",
        description="how the network sees a position: as it is, as the one image that all its"
        " symmetric positions share, or as a random image",
    )
    reuse_tree: bool = Field(
        False, description="keep the subtree of the move played; its visits count as simulations"
    )

    @model_validator(mode="after")
    def _halving_begins_anew(self) -> SearchSettings:
        if self.root == "gumbel" and self.reuse_tree:
            raise ValueError(
                "search.reuse_tree = true and search.root = gumbel exclude each other: sequential"
                " halving plans for a tree without visits"
            )
        return self


class SelfplaySettings(Section):
    """How actors play."""

    workers: int = Field(0, ge=0, description="processes; 0 = one per core")
    games: Positive = Field(128, description="games that one worker plays at once, the batch size")
    temperature: float = Field(
        1.0, gt=0, description="visits ** (1 / this) picks the move at first (AZ: 1)"
    )
    temperature_plies: int = Field(
        10, ge=0, description="plies played at that temperature (AZ: 30)"
    )
    final_temperature: float = Field(
        0.25, gt=0, description="temperature after that (AZ: towards 0)"
    )
    opening_share: Share = Field(
        0.5, description="share of games that open with uniformly random plies"
    )
    opening_plies: int = Field(8, ge=0, description="such an opening has 1 to this many plies")
    skip_forced: bool = Field(
        True, description="play a forced move without a search and without a sample"
    )
    full_share: float = Field(
        1.0,
        gt=0,
        le=1,
        description="share of moves with a full search; the others are fast, without noise and"
        " without a sample (KG: 0.25)",
    )
    fast_simulations: Positive = Field(20, description="simulations of such a fast search")
    first_simulations: int = Field(
        0,
        ge=0,
        description="simulations while there is no model, all searches being full;"
        " 0 = search.simulations",
    )
    final_simulations: int = Field(
        0,
        ge=0,
        description="search.simulations grow to this by the end of the schedule; 0 = they do not",
    )
    mixed_share: Share = Field(
        0.0,
        description="share of games that begin in the middle of one of mixed_player's, for breadth",
    )
    mixed_player: str = Field(
        "greedy", description="random, greedy, alphabeta:4, mcts:50 or mcts:50/t1"
    )
    lead_positions: Positive = Field(
        40_000, description="positions that actors may be ahead of the learner before they wait"
    )
    niceness: int = Field(
        5,
        ge=0,
        le=19,
        description="scheduling niceness of workers, so that learner and browser come first",
    )
    reload_seconds: float = Field(
        1.0, gt=0, description="how often a worker looks for a newer model"
    )
    live_games: int = Field(
        6, ge=0, le=64, description="games of each worker that the page shows as they are played"
    )


class EvaluatorSettings(Section):
    """What computes the network in self-play."""

    backend: Literal[
        "auto", "onnxruntime", "openvino-fp32", "openvino-bf16", "openvino-int8", "cuda"
    ] = Field(
        "auto",
        description="auto: the fastest here that agrees with onnxruntime, which is exact; any"
        " other is refused where it does not agree",
    )
    positions: int = Field(
        1024,
        ge=2,
        description="positions of the newest games: one half calibrates int8, the other compares",
    )
    max_policy_kl: float = Field(
        0.01, ge=0, description="agreement: mean KL divergence from the exact policy, in nats"
    )
    max_value_error: float = Field(
        0.03, ge=0, description="agreement: mean absolute error of the value in [-1, 1]"
    )
    min_top1: Share = Field(
        0.95, description="agreement: share of positions with the same favourite move"
    )


class NetworkSettings(Section):
    """The shape of the network."""

    family: Literal["conv", "mlp"] = Field(
        "conv", description="residual convolutions or a plain perceptron"
    )
    width: Positive = Field(32, description="channels (conv) or units (mlp) of a layer (AZ: 256)")
    depth: Positive = Field(4, description="residual blocks (conv) or hidden layers (mlp) (AZ: 19)")
    pooled_blocks: int = Field(
        1, ge=0, description="so many of the last residual blocks see the whole board (KG: 2)"
    )

    @model_validator(mode="after")
    def _pooled_are_blocks(self) -> NetworkSettings:
        if self.family == "conv" and self.pooled_blocks > self.depth:
            raise ValueError(
                f"network.pooled_blocks = {self.pooled_blocks} is more than network.depth ="
                f" {self.depth}"
            )
        return self


class LearnerSettings(Section):
    """How the network is trained."""

    batch_size: Positive = Field(512, description="samples per step (AZ: 4096)")
    learning_rate: float = Field(2e-3, gt=0, description="AdamW's rate after the warm-up")
    final_learning_rate: float = Field(
        1e-4, gt=0, description="rate at the end of the cosine and after it"
    )
    warmup_steps: int = Field(100, ge=0, description="steps of linear warm-up")
    horizon_steps: Positive = Field(20_000, description="steps of the cosine schedule")
    minutes: float = Field(
        0.0,
        ge=0,
        description="training time of the run: the schedule spans it, and the run ends when the"
        " last model is judged; 0 = the schedule spans horizon_steps and the run goes on",
    )
    weight_decay: float = Field(
        1e-4, ge=0, description="AdamW's decoupled weight decay (AZ: L2 1e-4)"
    )
    clip_norm: float = Field(1.0, gt=0, description="gradients are scaled down to this norm")
    ema_decay: Share = Field(0.995, description="per step decay of the averaged weights that play")
    value_weight: float = Field(
        1.0, ge=0, description="weight of the value loss beside the policy loss (AZ: 1)"
    )
    result_share: Share = Field(
        0.5,
        description="value target: this * final result + the rest * root value (AZ: 1)",
    )
    value_lambda: Share = Field(
        0.0,
        description="that root value is the lambda return over the game's later searches;"
        " 0 = its own search's, 1 = the result",
    )
    reply_weight: float = Field(
        0.15, ge=0, description="weight of a head that learns the move after this one (KG: 0.15)"
    )
    ending_weight: float = Field(
        0.15, ge=0, description="weight of heads that learn the final board and margin (KG: 0.02)"
    )
    merge_exponent: Share = Field(
        0.5,
        description="a position that occurs n times is drawn n ** this times as often, with the"
        " mean of its targets; 1 = as it occurs, each with its own",
    )
    surprise_share: Share = Field(
        0.5, description="share of a sample's weight that follows its search's surprise (KG: 0.5)"
    )
    replay_ratio: float = Field(
        4.0, gt=0, description="samples used per position generated (KG: 4)"
    )
    window_positions: Positive = Field(
        500_000, description="most of the newest positions that are sampled from"
    )
    window_start: int = Field(
        0,
        ge=0,
        description="positions c after which the window grows slower than the data:"
        " c (1 + scale ((n / c) ** exponent - 1) / exponent); 0 = window_positions at once"
        " (KG: 250000)",
    )
    window_exponent: float = Field(0.75, gt=0, le=1, description="of that growth (KG: 0.75)")
    window_scale: float = Field(0.4, gt=0, le=1, description="of that growth (KG: 0.4)")
    min_positions: Positive = Field(5_000, description="positions needed before the first step")
    publish_every: Positive = Field(200, description="steps between two published models")
    keep_snapshots: Positive = Field(10, description="newest step_*.onnx that are kept")
    milestone_every: Positive = Field(
        5_000, description="snapshots at multiples of this are kept for ever"
    )
    snapshot_growth: float = Field(
        1.25,
        ge=1,
        description="so is each whose step is at least this times the one kept before: a series"
        " for learning curves",
    )
    tensorboard: bool = Field(
        False, description="whether losses, rates and accuracy go to <run>/tensorboard, too"
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="where the network is trained; auto: on a GPU where torch finds one"
    )
    threads: int = Field(1, ge=0, description="threads of torch; 0 = one per core")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="in which convolutions are learnt; auto: bfloat16 where the device has it",
    )
    explosion_factor: float = Field(
        3.0, gt=1, description="a loss above this * its running median is far too high"
    )
    explosion_steps: Positive = Field(
        20, description="so many such losses in a row make the learner go back"
    )
    rollback_factor: float = Field(
        0.5,
        gt=0,
        le=1,
        description="the learning rate is multiplied by this, for good, when the learner goes back"
        " to its last good checkpoint: a loss that is no number or explodes, a loss of strength",
    )
    most_rollbacks: int = Field(
        3, ge=0, description="rollbacks in a row after which the next trouble stops the learner"
    )
    rollback_span: Positive = Field(
        2_000, description="steps without trouble after which rollbacks are counted anew"
    )


class QualitySettings(Section):
    """When a figure about the data of a run is an alarm; 0 switches that alarm off."""

    duplicates: Share = Field(
        0.9,
        description="alarm above this share of duplicates in the newest positions, symmetric ones"
        " being alike; above it ten samples hold less than one new position",
    )
    leaves: Share = Field(
        0.2,
        description="alarm below this share of simulations that reach a new leaf; the rest go to"
        " finished games again",
    )
    depth: float = Field(
        1.1,
        ge=0,
        description="alarm below this mean depth of a simulation, in plies; at 1 a search looks at"
        " nothing but the moves of its root",
    )
    target_entropy: float = Field(
        0.05,
        ge=0,
        description="alarm below this mean entropy of the policy targets, in nats; 0.05 is one move"
        " at 99 %",
    )
    surprise: float = Field(
        1.5,
        ge=0,
        description="alarm above this mean KL divergence of the search from the network's policy,"
        " in nats; 1.5 is a move of 22 % that the search makes certain",
    )
    calibration_error: float = Field(
        0.25,
        ge=0,
        description="alarm above this mean gap between predicted value and final result, both in"
        " [-1, 1]; 0.25 is one game in eight that was judged the wrong way round",
    )
    game_length: float = Field(
        0.0,
        ge=0,
        description="alarm below this mean length of a game, in plies; off, as each game has its"
        " own",
    )
    first_move_entropy: float = Field(
        0.05,
        ge=0,
        description="alarm below this entropy of the first moves that were searched, in nats; 0.05"
        " is one move in 99 of 100 games",
    )
    result_share: Share = Field(
        0.98,
        description="alarm above this share of games with the same result, of which the value"
        " learns nothing",
    )
    oldest_hours: float = Field(
        0.0,
        ge=0,
        description="alarm above this age of the oldest sample in the window, in hours; off, as a"
        " run that rests does not spoil",
    )
    oldest_steps: int = Field(
        20_000,
        ge=0,
        description="alarm above this age of the oldest sample in the window, in learner steps; the"
        " default horizon is as long",
    )
    model_lag: float = Field(
        5.0,
        ge=0,
        description="alarm when actors are more than this many published models behind the learner",
    )


class WebSettings(Section):
    """The server and its page."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on")
    simulations: Positive = Field(
        200, description="simulations of the bot's move unless asked otherwise"
    )
    max_simulations: Positive = Field(
        10_000, description="most simulations that one request may ask for"
    )
    max_milliseconds: Positive = Field(
        60_000, description="longest time that one search takes, asked for or not"
    )
    searches: int = Field(
        0, ge=0, description="searches that compute at once; 0 = one for each core"
    )
    queue: int = Field(
        32,
        ge=0,
        description="searches that may share these in turns besides; one more is refused (429)",
    )
    rate: int = Field(
        600,
        ge=0,
        description="searches that one address may ask for in a minute (429); 0 = no limit",
    )
    allow_training: bool = Field(True, description="whether the page may start and stop training")


class LoopSettings(Section):
    """The synchronous variant, `python -m trainer loop`, and its evaluation."""

    iterations: Positive = Field(
        20, description="rounds of self-play, training, evaluation, publishing"
    )
    episodes: Positive = Field(500, description="games per iteration (AlphaGo Zero: 25000)")
    steps: Positive = Field(200, description="learner steps per iteration")
    random_games: EvenGames = Field(
        40,
        description="games against a random mover per iteration; the best is met as [referee] says",
    )


class RefereeSettings(Section):
    """How published models are judged beside the learner, and by `python -m trainer loop`."""

    niceness: int = Field(
        19, ge=0, le=19, description="scheduling niceness: judging takes what nobody else wants"
    )
    simulations: Positive = Field(
        100, description="simulations per move in matches, in the ladder and on solved positions"
    )
    opening_plies: int = Field(
        4, ge=0, description="random plies before a game; each opening is played from both sides"
    )
    promotion: Literal["sprt", "score"] = Field(
        "sprt",
        description="what makes a model the best: a sequential test of elo1 against elo0, or"
        " promotion_score in most_games games",
    )
    elo0: float = Field(
        0.0, ge=-1000, le=1000, description="not promoted where the test says it is no stronger"
    )
    elo1: float = Field(
        50.0, ge=-1000, le=1000, description="promoted where the test says it is so much stronger"
    )
    most_games: EvenGames = Field(400, description="games of a match at most (AlphaGo Zero: 400)")
    promotion_score: Share = Field(
        0.55, description="score against the best that replaces it (AlphaGo Zero: 0.55)"
    )
    ladder_every: int = Field(
        5,
        ge=0,
        description="so many judged models from one that enters the ladder to the next; milestones"
        " enter too; 0 = no ladder",
    )

    @model_validator(mode="after")
    def _test_has_two_sides(self) -> RefereeSettings:
        if self.elo0 >= self.elo1:
            raise ValueError(
                f"referee.elo0 = {self.elo0:g} is not less than referee.elo1 = {self.elo1:g};"
                " the test needs two different strengths"
            )
        return self


class Settings(BaseSettings):
    """All settings of one run, read once and then frozen."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        nested_model_default_partial_update=True,
    )

    run: RunSettings = RunSettings()
    storage: StorageSettings = StorageSettings()
    search: SearchSettings = SearchSettings()
    selfplay: SelfplaySettings = SelfplaySettings()
    evaluator: EvaluatorSettings = EvaluatorSettings()
    network: NetworkSettings = NetworkSettings()
    learner: LearnerSettings = LearnerSettings()
    loop: LoopSettings = LoopSettings()
    quality: QualitySettings = QualitySettings()
    referee: RefereeSettings = RefereeSettings()
    web: WebSettings = WebSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags and environment only; engine/sources.py puts file and preset below them."""
        return init_settings, env_settings

    @model_validator(mode="after")
    def _halving_has_one_plan(self) -> Settings:
        if self.search.root == "gumbel" and self.selfplay.final_simulations:
            raise ValueError(
                f"selfplay.final_simulations = {self.selfplay.final_simulations} and search.root ="
                " gumbel exclude each other: sequential halving is planned for one number"
            )
        return self

    @model_validator(mode="after")
    def _window_is_kept(self) -> Settings:
        kept, window = self.storage.keep_positions, self.learner.window_positions
        if kept < window:
            raise ValueError(
                f"storage.keep_positions = {kept} is less than learner.window_positions = {window};"
                " a restarted learner could not refill its window"
            )
        return self

    def assignments(self) -> list[str]:
        """Every setting as `section.key=value`, for the command line of another process."""
        return [
            f"{section}.{key}={value}"
            for section in type(self).model_fields
            for key, value in getattr(self, section).model_dump(mode="json").items()
        ]

    @property
    def run_name(self) -> str:
        """The run's folder name: `run.name`, or the game's name."""
        return self.run.name or self.run.game


def sections() -> dict[str, type[Section]]:
    """Every section by its name."""
    found: dict[str, type[Section]] = {}
    for name, field in Settings.model_fields.items():
        assert isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        found[name] = field.annotation
    return found


def names() -> list[str]:
    """Every setting as `section.key`."""
    return [f"{name}.{key}" for name, section in sections().items() for key in section.model_fields]
