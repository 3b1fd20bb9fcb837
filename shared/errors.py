"""Why a stage did not finish, as types.

KiosqueError
├── SettingError        a setting is missing or wrong; its message names the variable and the remedy
├── UnknownSubject      no row has the id that a message names
└── StageOutcome        raised by a stage's work, read by shared/stage.py
    ├── Postponed       not a failure: host busy, robots, quota, shutdown; due later, the attempt is given back
    │   └── StorageAway the blobs' store does not answer or refuses us: no article's fault, whatever it takes
    ├── Waiting         not a failure: nothing here can do it yet (no engine for the pair); released when something can
    ├── Retryable       later: due again with back-off, set aside when the stage's tries are used up
    └── Unprocessable   never: set aside at once

`reason` is a short snake_case code that is counted and filtered by (`not_found`, `too_large`, `no_engine`);
`detail` is the sentence for a person.
"""

from datetime import datetime


class KiosqueError(Exception):
    """The root of Kiosque's own errors."""


class SettingError(KiosqueError):
    """A setting is missing or wrong."""


class UnknownSubject(KiosqueError):
    """No row has the id that a message names."""


class StageOutcome(KiosqueError):
    """How a stage's work ended when it did not return."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Postponed(StageOutcome):
    """Not a failure: try again at `until` (aware, UTC); the attempt is given back."""

    def __init__(self, reason: str, until: datetime, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.until = until


#: Why blobs are not to be had: the store does not answer, or does not let us in.
STORAGE_REASONS = ("storage_away", "storage_refused")


class StorageAway(Postponed):
    """The blobs' store is of no use now, for one of STORAGE_REASONS; `detail` has the remedy."""


class Waiting(StageOutcome):
    """Nothing here can do this yet; `detail` names what would (`fr>ar`), and is what a release looks for."""


class Retryable(StageOutcome):
    """Failed now, may work later; `delay_s` overrides the stage's own back-off (a server's Retry-After)."""

    def __init__(self, reason: str, detail: str = "", delay_s: float | None = None) -> None:
        super().__init__(reason, detail)
        self.delay_s = delay_s


class Unprocessable(StageOutcome):
    """Will never work: set aside at once with its reason."""
