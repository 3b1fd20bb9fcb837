"""Scenes of the country: sea, mountains, desert, fields and what is built in them."""

from services.newsstand.brushes import HEIGHT, WIDTH, Canvas, mix


def draw_fishing_boats(canvas: Canvas) -> None:
    """Blue boats before a white town."""
    canvas.sky(330)
    canvas.hills(350, 90, mix("#8a9a78", canvas.haze, 0.5))
    for x in range(40, 1180, 62):
        height = canvas.dice.uniform(40, 110)
        wall = mix("#f5f1e6", canvas.haze, canvas.dice.uniform(0, 0.3))
        canvas.slab(x, 350 - height, x + 66, 350, wall)
        canvas.slab(x + 20, 350 - height + 16, x + 34, 350 - height + 34, "#2d6ea3")
    canvas.water(345, mix("#4aa3b8", canvas.haze, 0.3), "#1e5b77")
    for x, y, size in ((230, 440, 0.8), (880, 455, 0.9), (480, 540, 1.25), (1010, 600, 1.4), (120, 590, 1.2)):
        _boat(canvas, x + canvas.dice.uniform(-40, 40), y, size)
    for _ in range(7):
        left, top = canvas.dice.uniform(100, 1100), canvas.dice.uniform(60, 240)
        canvas.line([(left, top), (left + 14, top + 6), (left + 28, top)], "#f8f8f4", 2.5)  # a gull


def _boat(canvas: Canvas, x: float, y: float, size: float) -> None:
    hull = canvas.dice.choice(("#1f5fa8", "#2374ab", "#1b4f8f"))
    canvas.disc(x, y + 18 * size, 110 * size, "#19506b", squash=0.12)
    bow, stern = (x - 105 * size, y - 22 * size), (x + 115 * size, y - 30 * size)
    canvas.polygon([bow, stern, (x + 78 * size, y + 18 * size), (x - 80 * size, y + 18 * size)], hull)
    canvas.line([(x - 103 * size, y - 20 * size), (x + 112 * size, y - 28 * size)], "#f4e9cd", 5 * size)
    canvas.line([(x - 90 * size, y + 2 * size), (x + 96 * size, y - 4 * size)], "#e0a82e", 3 * size)
    canvas.slab(x - 34 * size, y - 58 * size, x + 18 * size, y - 22 * size, "#f4f1ea")
    canvas.slab(x - 26 * size, y - 50 * size, x + 10 * size, y - 38 * size, "#31506b")
    canvas.line([(x + 40 * size, y - 26 * size), (x + 40 * size, y - 120 * size)], "#5b4636", 4 * size)
    canvas.line([(x + 40 * size, y - 118 * size), (x + 112 * size, y - 30 * size)], "#8d8273", 1.5)
    flag = canvas.dice.choice(("#c8553d", "#e0a82e", "#3a7d44"))
    canvas.polygon(
        [(x + 40 * size, y - 120 * size), (x + 66 * size, y - 112 * size), (x + 40 * size, y - 102 * size)], flag
    )


def draw_mountains(canvas: Canvas) -> None:
    """Ridges under snow, a village at their feet."""
    canvas.sky(520)
    for base, height, colour, snow in ((470, 330, "#6f86a3", 0.75), (520, 240, "#51698a", 0.45)):
        peaks = []
        reach = -60.0
        while reach < WIDTH + 200:
            peaks.append((reach, base - height * canvas.dice.uniform(0.5, 1)))
            reach += canvas.dice.uniform(130, 230)
        for x, y in peaks:
            half = (base - y) * 0.85
            canvas.polygon([(x - half, base + 60), (x, y), (x + half, base + 60)], mix(colour, canvas.haze, 0.3))
            canvas.polygon([(x, y), (x + half, base + 60), (x + half * 0.15, base + 60)], mix(colour, "#1f2d44", 0.18))
            cap = (base - y) * 0.3 * snow
            canvas.polygon(
                [(x, y), (x + cap * 0.9, y + cap), (x + cap * 0.3, y + cap * 0.75), (x - cap * 0.1, y + cap * 1.2),
                 (x - cap * 0.45, y + cap * 0.8), (x - cap * 0.85, y + cap)],
                "#f7f8fb",
            )  # fmt: skip
    canvas.hills(570, 70, mix("#6b8f5a", canvas.haze, 0.25))
    canvas.hills(640, 70, "#4f7345")
    for _ in range(11):
        x, y = canvas.dice.uniform(420, 840), canvas.dice.uniform(560, 620)
        canvas.slab(x, y - 30, x + 46, y, mix("#c98f63", "#e7c39a", canvas.dice.random()))
        canvas.slab(x + 18, y - 14, x + 27, y, "#5d3d28")


def draw_dunes(canvas: Canvas) -> None:
    """Dunes, and a caravan on a crest."""
    canvas.sky(430)
    sands = ("#e8b878", "#d99a55", "#c67f40", "#a9632f")
    for index, sand in enumerate(sands):
        base = 420 + index * 75
        crest = canvas.dice.uniform(250, 950)
        peak = base - canvas.dice.uniform(70, 130)
        lit = mix(sand, canvas.haze, 0.3 - index * 0.09)
        canvas.hills(base + 40, 60, lit, waves=1.4)
        canvas.polygon([(crest - 620, base + 70), (crest, peak), (crest + 560, base + 80)], lit)
        canvas.polygon(
            [(crest, peak), (crest + 560, base + 80), (crest - 60, base + 100), (crest + 50, base)],
            mix(sand, "#5c2f14", 0.22),
        )
        if index == 1:
            for step in range(5):
                _camel(canvas, crest - 260 + step * 44, peak + 74 - step * 14)
    canvas.gradient(mix(sands[-1], "#5c2f14", 0.1), mix(sands[-1], "#5c2f14", 0.45), 640, HEIGHT)


def _camel(canvas: Canvas, x: float, foot: float) -> None:
    dark = "#4a2a17"
    for leg in (-9, -5, 6, 10):
        canvas.line([(x + leg, foot - 16), (x + leg, foot)], dark, 2)
    canvas.disc(x, foot - 19, 12, dark, squash=0.55)
    canvas.disc(x, foot - 25, 6, dark)
    canvas.line([(x + 10, foot - 20), (x + 18, foot - 32), (x + 22, foot - 31)], dark, 3)


def draw_fields(canvas: Canvas) -> None:
    """Furrows that run to a farm under trees."""
    canvas.sky(330)
    canvas.hills(350, 80, mix("#7f9aa0", canvas.haze, 0.5))
    canvas.hills(375, 50, mix("#8aa55f", canvas.haze, 0.25))
    crop = canvas.dice.choice((("#93b04c", "#7a9a3b"), ("#d8b44a", "#c39b33"), ("#7fae66", "#65914f")))
    canvas.slab(0, 365, WIDTH, HEIGHT, crop[0])
    middle = canvas.dice.uniform(450, 750)
    for step in range(-22, 23):
        foot = middle + step * 150
        canvas.polygon(
            [(middle + step * 12, 366), (middle + step * 12 + 4, 366), (foot + 52, HEIGHT), (foot, HEIGHT)], crop[1]
        )
    canvas.slab(middle - 190, 300, middle - 80, 368, "#efe3cb")
    canvas.polygon([(middle - 200, 300), (middle - 135, 264), (middle - 70, 300)], "#b5553a")
    for _ in range(9):
        x = canvas.dice.uniform(30, 1170)
        canvas.slab(x - 4, 330, x + 4, 370, "#5b4630")
        canvas.disc(x, 318, canvas.dice.uniform(24, 38), mix("#3f6b3a", canvas.haze, canvas.dice.uniform(0, 0.3)))


def draw_dam(canvas: Canvas) -> None:
    """A reservoir behind its wall."""
    canvas.sky(330)
    canvas.hills(360, 150, mix("#8d8a6a", canvas.haze, 0.45))
    canvas.water(350, mix("#4c9bb5", canvas.haze, 0.2), "#256f8d")
    canvas.polygon([(0, 300), (250, 420), (330, HEIGHT), (0, HEIGHT)], "#a9814f")
    canvas.polygon([(WIDTH, 290), (960, 420), (880, HEIGHT), (WIDTH, HEIGHT)], "#8f6b3f")
    canvas.polygon([(230, 420), (970, 420), (890, HEIGHT), (320, HEIGHT)], "#c9c6bd")
    canvas.polygon([(600, 434), (970, 434), (890, HEIGHT), (600, HEIGHT)], "#b3b0a6")
    canvas.slab(225, 410, 975, 434, "#dedbd2")
    for x in (440, 560, 680):
        canvas.slab(x, 448, x + 64, 520, "#8c8a82")
        canvas.polygon([(x + 4, 500), (x + 60, 500), (x + 84, HEIGHT), (x - 20, HEIGHT)], "#eef6f8")
    for level in range(3):
        canvas.line([(30, 330 + level * 16), (240, 430 + level * 5)], "#d6b98a", 3)


def draw_solar(canvas: Canvas) -> None:
    """Rows of panels on a plain."""
    canvas.hour = "day"
    canvas.sky(360)
    canvas.hills(380, 90, mix("#b08d6b", canvas.haze, 0.4))
    canvas.gradient("#dcb987", "#b98a55", 372, HEIGHT)
    for row in range(5):
        y = 395 + row * row * 14 + row * 12
        width, height = 74 + row * 42, 26 + row * 16
        offset = canvas.dice.uniform(-width, 0)
        while offset < WIDTH:
            canvas.line([(offset + width / 2, y + height), (offset + width / 2, y + height * 1.5)], "#6d6459", 4)
            right, lean = offset + width, width * 0.14
            glass = [(offset + lean, y), (right, y), (right - lean, y + height), (offset, y + height)]
            canvas.polygon(glass, "#24487f")
            for share in (0.33, 0.66):
                strut = offset + width * share * 0.86
                canvas.line([(strut + lean, y), (strut, y + height)], "#5f8ac4", 1.5)
            canvas.line(
                [(offset + width * 0.07, y + height / 2), (offset + width * 0.93, y + height / 2)], "#5f8ac4", 1.5
            )
            offset += width * 1.12
