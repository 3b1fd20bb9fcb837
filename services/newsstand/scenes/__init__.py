"""The scenes that the newsstand can draw: an article names one."""

from collections.abc import Callable

from services.newsstand.brushes import Canvas
from services.newsstand.scenes import interiors, landscapes, towns

SCENES: dict[str, Callable[[Canvas], None]] = {
    "fishing-boats": landscapes.draw_fishing_boats,
    "mountains": landscapes.draw_mountains,
    "dunes": landscapes.draw_dunes,
    "fields": landscapes.draw_fields,
    "dam": landscapes.draw_dam,
    "solar": landscapes.draw_solar,
    "harbour": towns.draw_harbour,
    "rain": towns.draw_rain,
    "city-night": towns.draw_city_night,
    "train": towns.draw_train,
    "stadium": towns.draw_stadium,
    "parliament": towns.draw_parliament,
    "medina": towns.draw_medina,
    "market": interiors.draw_market,
    "library": interiors.draw_library,
    "theatre": interiors.draw_theatre,
    "classroom": interiors.draw_classroom,
    "kitchen": interiors.draw_kitchen,
}
