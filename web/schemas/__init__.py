"""Every JSON shape that crosses HTTP. The TypeScript types of the page are generated from these."""

from web.schemas.book import BookOut, ContinuationOut, OddsOut, PeriodOut
from web.schemas.games import ActionOut, GameOut, MoveOut, PieceOut, PositionOut, ViewOut
from web.schemas.ladder import (
    DuelOut,
    LadderGameOut,
    LadderGamesOut,
    LadderOut,
    PairOut,
    RungOut,
)
from web.schemas.levels import LevelOut, LevelsOut
from web.schemas.models import ModelOut, ModelsOut, RunOut
from web.schemas.opinions import OpinionOut, OpinionsOut, SkippedOut
from web.schemas.play import (
    Asked,
    MoveIn,
    MoveStats,
    NewGameIn,
    PlayOut,
    ThinkIn,
    Thought,
    ThoughtDone,
)
from web.schemas.processes import AgreementOut, CandidateOut, EvaluatorOut, ProcessOut
from web.schemas.quality import (
    CalibrationOut,
    FigureOut,
    FirstMoveOut,
    LengthsOut,
    QualityOut,
    QualityRow,
)
from web.schemas.review import GradedOut, Odds, ReviewIn, ReviewOut, SideOut
from web.schemas.solve import SolvedMove, SolveOut
from web.schemas.stats import (
    AccuracyRow,
    EvaluationRow,
    IncidentRow,
    MetricsRow,
    PromotionRow,
    StatsOut,
)
from web.schemas.strict import MAX_MOVES, ErrorOut, Strict
from web.schemas.training import HealthOut, PresetOut, RunSettingsOut, SelfplayIn, SelfplayOut
from web.schemas.watching import (
    LiveActorOut,
    LiveGameOut,
    LiveOut,
    OptionOut,
    PlyOut,
    SearchedOut,
    SelfplayGameOut,
    SelfplayGamesOut,
    SelfplayRecordOut,
)

__all__ = [
    "MAX_MOVES",
    "STREAMED",
    "AccuracyRow",
    "ActionOut",
    "AgreementOut",
    "Asked",
    "BookOut",
    "CalibrationOut",
    "CandidateOut",
    "ContinuationOut",
    "DuelOut",
    "ErrorOut",
    "EvaluationRow",
    "EvaluatorOut",
    "FigureOut",
    "FirstMoveOut",
    "GameOut",
    "GradedOut",
    "HealthOut",
    "IncidentRow",
    "LadderGameOut",
    "LadderGamesOut",
    "LadderOut",
    "LengthsOut",
    "LevelOut",
    "LevelsOut",
    "LiveActorOut",
    "LiveGameOut",
    "LiveOut",
    "MetricsRow",
    "ModelOut",
    "ModelsOut",
    "MoveIn",
    "MoveOut",
    "MoveStats",
    "NewGameIn",
    "Odds",
    "OddsOut",
    "OpinionOut",
    "OpinionsOut",
    "OptionOut",
    "PairOut",
    "PeriodOut",
    "PieceOut",
    "PlayOut",
    "PlyOut",
    "PositionOut",
    "PresetOut",
    "ProcessOut",
    "PromotionRow",
    "QualityOut",
    "QualityRow",
    "ReviewIn",
    "ReviewOut",
    "RunOut",
    "RunSettingsOut",
    "RungOut",
    "SearchedOut",
    "SelfplayGameOut",
    "SelfplayGamesOut",
    "SelfplayIn",
    "SelfplayOut",
    "SelfplayRecordOut",
    "SideOut",
    "SkippedOut",
    "SolveOut",
    "SolvedMove",
    "StatsOut",
    "Strict",
    "ThinkIn",
    "Thought",
    "ThoughtDone",
    "ViewOut",
]

STREAMED = (ThoughtDone, GradedOut, ReviewOut)
"""Shapes that no answer but a stream of events carries; the OpenAPI document lists them too."""
