"""What a moderation engine is: it says of one picture how surely readers should not see it, and it never blocks."""

import importlib
import pkgutil
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from services.moderator import engines
from shared.errors import SettingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: From this score on a picture is held for an operator. NudeNet reached it on 1 of 570 harmless pictures, which leaves
#: room for 0.5 % of false alarms (reference: moderation.md section 3.2): too many to block on.
HELD_FROM = 0.6


@runtime_checkable
class ModerationEngine(Protocol):
    """Scores pictures; loaded once a worker process."""

    name: str
    version: str

    def score(self, rgb: "NDArray[np.uint8]") -> float:
        """0 (harmless) to 1, for a picture of height x width x 3 within pictures.THUMBNAIL_BOX."""
        ...


def load_engines(names: tuple[str, ...]) -> tuple[ModerationEngine, ...]:
    """The engines of a setting: all of them look at each picture, and the highest score counts."""
    choices = sorted(module.name for module in pkgutil.iter_modules(engines.__path__))
    for name in names:
        if name not in choices:
            raise SettingError(f"KIOSQUE_MODERATOR_ENGINES names {name!r}; there are: {', '.join(choices) or 'none'}")
    return tuple(importlib.import_module(f"{engines.__name__}.{name}").Engine() for name in names)
