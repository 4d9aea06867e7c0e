"""Every JSON shape that crosses HTTP. The TypeScript types of the page are generated from these."""

from web.schemas.games import ActionOut, GameOut, MoveOut, PieceOut, PositionOut, ViewOut
from web.schemas.levels import LevelOut, LevelsOut
from web.schemas.models import ModelOut, ModelsOut, RunOut
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
    "CalibrationOut",
    "CandidateOut",
    "ErrorOut",
    "EvaluationRow",
    "EvaluatorOut",
    "FigureOut",
    "FirstMoveOut",
    "GameOut",
    "HealthOut",
    "IncidentRow",
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
    "OptionOut",
    "PieceOut",
    "PlayOut",
    "PlyOut",
    "PositionOut",
    "PresetOut",
    "ProcessOut",
    "PromotionRow",
    "QualityOut",
    "QualityRow",
    "RunOut",
    "RunSettingsOut",
    "SearchedOut",
    "SelfplayGameOut",
    "SelfplayGamesOut",
    "SelfplayIn",
    "SelfplayOut",
    "SelfplayRecordOut",
    "StatsOut",
    "Strict",
    "ThinkIn",
    "Thought",
    "ThoughtDone",
    "ViewOut",
]

STREAMED = (ThoughtDone,)
"""Shapes that no answer but a stream of events carries; the OpenAPI document lists them too."""
