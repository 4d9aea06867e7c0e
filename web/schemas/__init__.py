"""Every JSON shape that crosses HTTP. The TypeScript types of the page are generated from these."""

from web.schemas.games import ActionOut, GameOut, MoveOut, PieceOut, PositionOut, ViewOut
from web.schemas.levels import LevelOut, LevelsOut
from web.schemas.models import ModelOut, ModelsOut
from web.schemas.play import MoveIn, MoveStats, NewGameIn, PlayOut, Thought
from web.schemas.processes import AgreementOut, CandidateOut, EvaluatorOut, ProcessOut
from web.schemas.quality import (
    CalibrationOut,
    FigureOut,
    FirstMoveOut,
    LengthsOut,
    QualityOut,
    QualityRow,
)
from web.schemas.review import Odds, PlyOut, ReviewIn, ReviewOut, SideOut
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
from web.schemas.training import HealthOut, SelfplayIn, SelfplayOut

__all__ = [
    "MAX_MOVES",
    "AccuracyRow",
    "ActionOut",
    "AgreementOut",
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
    "MetricsRow",
    "ModelOut",
    "ModelsOut",
    "MoveIn",
    "MoveOut",
    "MoveStats",
    "NewGameIn",
    "Odds",
    "PieceOut",
    "PlayOut",
    "PlyOut",
    "PositionOut",
    "ProcessOut",
    "PromotionRow",
    "QualityOut",
    "QualityRow",
    "ReviewIn",
    "ReviewOut",
    "SelfplayIn",
    "SelfplayOut",
    "SideOut",
    "SolveOut",
    "SolvedMove",
    "StatsOut",
    "Strict",
    "Thought",
    "ViewOut",
]
