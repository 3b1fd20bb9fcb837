"""NudeNet, an optional detector of nudity under the AGPL-3.0: never a default, never installed by Kiosque itself.

Its package says MIT, but the wheel carries the AGPL-3.0, as the model's own description does, and its maintainer says
AGPL (notAI-tech/NudeNet, issue 177). Whoever turns it on answers for what that licence asks of a service on a network.
It has not been measured on what it is to find: only its false alarms are known.
"""

import importlib
import importlib.metadata
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from shared.errors import SettingError

log = structlog.get_logger()

#: Of its 18 classes, those that name what is not to be shown unseen.
CLASSES = frozenset(
    {
        "ANUS_EXPOSED",
        "BUTTOCKS_EXPOSED",
        "FEMALE_BREAST_EXPOSED",
        "FEMALE_GENITALIA_EXPOSED",
        "MALE_GENITALIA_EXPOSED",
    }
)


class Engine:
    """The model of 320 pixels that comes with the package."""

    name = "nudenet"

    def __init__(self) -> None:
        try:
            library: Any = importlib.import_module("nudenet")
            self.version = importlib.metadata.version("nudenet")
        except ImportError as error:
            raise SettingError(
                "KIOSQUE_MODERATOR_ENGINES names nudenet, which is not installed: pip install 'nudenet>=3.4.2,<4' "
                "(licence: AGPL-3.0), or take it out of the variable"
            ) from error
        self._detector = library.NudeDetector(providers=["CPUExecutionProvider"])
        log.info("engine.loaded", engine=self.name, version=self.version, licence="AGPL-3.0")

    def score(self, rgb: NDArray[np.uint8]) -> float:
        """The surest box of a class that is not to be shown; 0 if there is none."""
        # decoded by us: its own decoding takes garbage for findings, and it wants OpenCV's order of colours
        boxes = self._detector.detect(np.ascontiguousarray(rgb[:, :, ::-1]))
        return max((float(box["score"]) for box in boxes if box["class"] in CLASSES), default=0.0)
