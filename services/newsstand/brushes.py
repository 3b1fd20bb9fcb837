"""A canvas for flat illustrations: skies, suns, hills, water and plain shapes in a picture of 1200 by 675."""

import math
import random
from collections.abc import Sequence
from typing import Literal

from PIL import Image, ImageColor, ImageDraw

WIDTH, HEIGHT = 1200, 675
PAINTS = ("#b5402f", "#d98e32", "#2f6690", "#3a7d44", "#7a4b7c", "#c9a227", "#1f7a7a")
#: Drawn larger and scaled down: Pillow's shapes have hard edges.
_OVERSAMPLE = 2

Colour = str  # "#rrggbb"
Point = tuple[float, float]
Hour = Literal["dawn", "day", "dusk", "night"]

#: Top and bottom of the sky, sun or moon, haze on what is far.
HOURS: dict[Hour, tuple[Colour, Colour, Colour, Colour]] = {
    "dawn": ("#86a8cf", "#ffd9a8", "#fff1c9", "#e9c4a8"),
    "day": ("#4f9fd4", "#d5edf7", "#fff6d6", "#c5dfe8"),
    "dusk": ("#433d7c", "#f5956a", "#ffe0a3", "#b8738a"),
    "night": ("#0a1430", "#2f4a7d", "#f3efdb", "#34497a"),
}


class Canvas:
    """What a scene is drawn on; `dice` gives each picture its own version of the scene."""

    def __init__(self, seed: str) -> None:
        self.dice = random.Random(seed)
        self.hour: Hour = self.dice.choice(("dawn", "day", "day", "dusk"))
        self.image = Image.new("RGB", (_scaled(WIDTH), _scaled(HEIGHT)))
        self._draw = ImageDraw.Draw(self.image)

    @property
    def haze(self) -> Colour:
        """What far things fade into at this hour."""
        return HOURS[self.hour][3]

    def finish(self) -> Image.Image:
        """The picture in its own size, with soft edges."""
        return self.image.reduce(_OVERSAMPLE)

    def gradient(self, top: Colour, bottom: Colour, y0: float = 0, y1: float = HEIGHT) -> None:
        """A band across the whole picture, from one colour to another."""
        first, last = _scaled(y0), _scaled(y1)
        for y in range(first, last):  # line by line: a second picture of this size would be 13 MB
            self._draw.line((0, y, _scaled(WIDTH), y), fill=mix(top, bottom, (y - first) / (last - first)))

    def sky(self, horizon: float = HEIGHT) -> None:
        """The sky of the hour, with its sun or moon and a few clouds or stars."""
        top, bottom, light, _ = HOURS[self.hour]
        self.gradient(top, bottom, 0, horizon)
        self.slab(0, horizon, WIDTH, HEIGHT, bottom)  # seen where a ridge dips
        if self.hour == "night":
            for _ in range(90):
                x, y = self.dice.uniform(0, WIDTH), self.dice.uniform(0, horizon * 0.8)
                self.disc(x, y, self.dice.choice((0.8, 1, 1.6)), "#dfe6f5")
        x = self.dice.uniform(180, 1020)
        y = horizon * (self.dice.uniform(0.15, 0.3) if self.hour in ("day", "night") else self.dice.uniform(0.55, 0.75))
        self.glow(x, y, 210, light)
        self.disc(x, y, 42, light)
        if self.hour != "night":
            for _ in range(self.dice.randint(2, 4)):
                self.cloud(
                    self.dice.uniform(60, 1140), self.dice.uniform(50, horizon * 0.4), mix(bottom, "#ffffff", 0.6)
                )

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 0.55) -> None:
        """Light that fades outwards."""
        size = _scaled(radius * 2)
        # radial_gradient goes from 0 in the middle over 181 at the edges to 255 in the corners
        fade = Image.radial_gradient("L").resize((size, size))
        mask = fade.point(lambda value: int(max(0.0, 1 - value / 180) ** 1.5 * 255 * strength))
        light = Image.new("RGB", mask.size, colour)
        self.image.paste(light, (_scaled(x - radius), _scaled(y - radius)), mask)

    def cloud(self, x: float, y: float, colour: Colour) -> None:
        """A flat-bottomed cloud."""
        width = self.dice.uniform(90, 190)
        self.slab(x - width / 2, y, x + width / 2, y + 22, colour, radius=11)
        for share in (-0.22, 0.08, 0.26):
            radius = width * self.dice.uniform(0.12, 0.18)
            self.disc(x + width * share, y + 4, radius, colour)

    def hills(self, base: float, height: float, colour: Colour, waves: float = 2.0) -> None:
        """A soft ridge across the picture, filled down to its foot."""
        phases = [(self.dice.uniform(0, math.tau), self.dice.uniform(0.7, 1.4)) for _ in range(3)]

        def top(x: float) -> float:
            share = x / WIDTH * math.tau * waves / 2
            rise = sum(math.sin(share * (n + 1) * pace + phase) / (n + 1) for n, (phase, pace) in enumerate(phases))
            return base - height * (rise / 1.83 * 0.5 + 0.5)

        self.polygon([(0, HEIGHT), *((x, top(x)) for x in range(0, WIDTH + 1, 8)), (WIDTH, HEIGHT)], colour)

    def water(self, horizon: float, top: Colour, bottom: Colour) -> None:
        """The sea from a horizon down, with glints."""
        self.gradient(top, bottom, horizon, HEIGHT)
        for _ in range(70):
            y = self.dice.uniform(horizon + 6, HEIGHT)
            near = (y - horizon) / (HEIGHT - horizon)
            x, width = self.dice.uniform(-40, WIDTH), 18 + 90 * near * self.dice.random()
            self.slab(x, y, x + width, y + 1.5 + 2 * near, mix(top, "#ffffff", 0.28), radius=2)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled shape."""
        self._draw.polygon([_point(point) for point in points], fill=colour)

    def slab(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, radius: float = 0) -> None:
        """A filled rectangle."""
        corners = [*_point((x0, y0)), *_point((x1, y1))]
        self._draw.rounded_rectangle(corners, radius=_scaled(radius), fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour, squash: float = 1.0) -> None:
        """A filled circle, or an ellipse `squash` times as high."""
        corners = [*_point((x - radius, y - radius * squash)), *_point((x + radius, y + radius * squash))]
        self._draw.ellipse(corners, fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float = 2) -> None:
        """A line through points."""
        self._draw.line([_point(point) for point in points], fill=colour, width=_scaled(width), joint="curve")

    def arch(self, x: float, foot: float, width: float, height: float, colour: Colour) -> None:
        """An opening with a round head, its foot at `foot`."""
        radius = width / 2
        self.slab(x - radius, foot - height + radius, x + radius, foot, colour)
        self.disc(x, foot - height + radius, radius, colour)

    def palm(self, x: float, foot: float, height: float, colour: Colour) -> None:
        """A palm tree."""
        crown = foot - height
        self.line([(x, foot), (x + height * 0.04, foot - height / 2), (x, crown)], mix(colour, "#6b4a2b", 0.5), 7)
        for angle in range(-200, 21, 22):
            turn = math.radians(angle + self.dice.uniform(-6, 6))
            reach = height * 0.42
            tip = (x + math.cos(turn) * reach, crown + math.sin(turn) * reach * 0.6 + reach * 0.35)
            middle = (x + math.cos(turn) * reach * 0.55, crown + math.sin(turn) * reach * 0.55)
            self.line([(x, crown), middle, tip], colour, 6)

    def figure(self, x: float, foot: float, height: float, colour: Colour) -> None:
        """A standing person, seen from afar."""
        head = height * 0.13
        self.disc(x, foot - height + head, head, self.dice.choice(("#4a3325", "#6b4a33", "#2b2320", "#8a6244")))
        shoulder, hem, top = height * 0.1, height * 0.18, foot - height * 0.75
        self.polygon([(x - shoulder, top), (x + shoulder, top), (x + hem, foot), (x - hem, foot)], colour)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """A colour between two: `share` of the second."""
    pairs = zip(ImageColor.getrgb(first)[:3], ImageColor.getrgb(second)[:3], strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in pairs)


def _scaled(length: float) -> int:
    return round(length * _OVERSAMPLE)


def _point(point: Point) -> tuple[int, int]:
    return _scaled(point[0]), _scaled(point[1])
