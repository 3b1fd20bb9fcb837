"""What several services need and none owns; start with pipeline.py, the map.

Importing it settles whose time zones hold: those of the locked package tzdata, the same on every machine. zoneinfo
would take the machine's first, and Debian 12 still has Morocco an hour ahead after it went back to UTC in 2026.
"""

import zoneinfo

zoneinfo.reset_tzpath(to=())
