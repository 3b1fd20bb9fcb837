"""Scenes under a roof."""

from services.newsstand.brushes import HEIGHT, PAINTS, WIDTH, Canvas, mix


def draw_market(canvas: Canvas) -> None:
    """Stalls under awnings, spices in cones."""
    canvas.gradient("#e2b27c", "#b6764a")
    canvas.slab(0, 0, WIDTH, 110, "#7d4b2f")
    for x in range(0, WIDTH, 46):
        canvas.slab(x, 0, x + 18, 110, "#8f5a39")
    for x in (190, 600, 1010):
        canvas.arch(x, 430, 250, 310, "#5b3626")
        canvas.arch(x, 430, 214, 288, "#3d251c")
        for lamp in (-60, 0, 60):
            canvas.line([(x + lamp, 60), (x + lamp, 200)], "#2b1a12", 2)
            canvas.glow(x + lamp, 214, 60, "#ffcf70", 0.7)
            canvas.disc(x + lamp, 214, 15, "#ffd98a", squash=1.25)
    for stall, x0 in enumerate((0, 410, 810)):
        first, second = canvas.dice.sample(PAINTS, 2)
        for stripe in range(8):
            left = x0 + 10 + stripe * 46
            paint = first if stripe % 2 else "#f5ead2"
            canvas.polygon([(left + 12, 300), (left + 56, 300), (left + 46, 372), (left, 372)], paint)
            canvas.disc(left + 23, 372, 23, paint)
        canvas.slab(x0 + 10, 520, x0 + 378, HEIGHT, mix(second, "#3d251c", 0.4))
        canvas.slab(x0, 508, x0 + 388, 526, "#8a5a35")
        for heap in range(4):
            x, spice = (
                x0 + 58 + heap * 92,
                canvas.dice.choice(("#c8102e", "#e6a817", "#7c9a3d", "#8b4a1f", "#d9692b", "#5a3a78")),
            )
            canvas.polygon([(x - 40, 492), (x, 408 + canvas.dice.uniform(0, 20)), (x + 40, 492)], spice)
            canvas.slab(x - 46, 488, x + 46, 512, "#c79a5b", radius=5)
        canvas.figure(x0 + canvas.dice.uniform(120, 280), 650, 190, (first, second, "#2f3e46")[stall])


def draw_library(canvas: Canvas) -> None:
    """Shelves, a lamp and a reader."""
    canvas.gradient("#5b3d2b", "#3c281d")
    for shelf in range(4):
        y = 130 + shelf * 130
        x = 20.0
        while x < WIDTH - 30:
            width, height = canvas.dice.uniform(14, 34), canvas.dice.uniform(70, 108)
            spine = mix(canvas.dice.choice(PAINTS), "#2b1c14", canvas.dice.uniform(0, 0.35))
            canvas.slab(x, y - height, x + width, y, spine)
            canvas.slab(x + 3, y - height * 0.8, x + width - 3, y - height * 0.72, "#e8d6ae")
            x += width + (canvas.dice.uniform(14, 40) if canvas.dice.random() < 0.08 else 1.5)
        canvas.slab(0, y, WIDTH, y + 16, "#8a6242")
    canvas.slab(0, 560, WIDTH, HEIGHT, "#6e4a31")
    canvas.slab(0, 548, WIDTH, 570, "#9a6f49")
    x = canvas.dice.uniform(330, 860)
    canvas.glow(x + 150, 430, 330, "#ffdf9a", 0.6)
    canvas.line([(x + 150, 548), (x + 150, 420)], "#c9a227", 7)
    canvas.polygon([(x + 96, 430), (x + 204, 430), (x + 176, 374), (x + 124, 374)], "#2f7a5b")
    canvas.polygon([(x - 120, 540), (x, 556), (x, 520), (x - 112, 500)], "#f5efdf")
    canvas.polygon([(x + 120, 540), (x, 556), (x, 520), (x + 112, 500)], "#e7dfca")
    for line in range(3):
        canvas.line([(x - 100, 514 + line * 9), (x - 14, 528 + line * 8)], "#a79f8c", 1.5)
        canvas.line([(x + 100, 514 + line * 9), (x + 14, 528 + line * 8)], "#a79f8c", 1.5)


def draw_theatre(canvas: Canvas) -> None:
    """A stage, curtains, musicians in the light."""
    canvas.gradient("#241832", "#120c1a")
    warm = canvas.dice.choice(("#f3c969", "#f29e7a", "#9cc3e6"))
    for x in (360, 600, 840):
        canvas.polygon([(x - 18, 40), (x + 18, 40), (x + 150, 500), (x - 150, 500)], mix("#241832", warm, 0.22))
        canvas.glow(x, 470, 190, warm, 0.6)
    curtain = canvas.dice.choice(("#9c1f2e", "#7a1f4d", "#1f4e79"))
    for fold in range(7):
        shade = mix(curtain, "#000000", 0.12 + 0.3 * (fold % 2))
        canvas.polygon([(fold * 44, 0), (fold * 44 + 46, 0), (fold * 36 + 30, 540), (fold * 36 - 20, 540)], shade)
        right = WIDTH - fold * 44
        canvas.polygon(
            [(right, 0), (right - 46, 0), (WIDTH - fold * 36 - 30, 540), (WIDTH - fold * 36 + 20, 540)], shade
        )
    for x in range(0, WIDTH, 80):
        canvas.disc(x + 40, 44, 58, mix(curtain, "#000000", 0.25 * ((x // 80) % 2)), squash=0.9)
    canvas.gradient("#8a5a35", "#5b3a22", 500, 590)
    for x in (430, 600, 770):
        robe = canvas.dice.choice(("#f1ede0", "#c9a227", "#2f6690", "#1f7a7a"))
        canvas.figure(x, 560, 190, robe)
        canvas.disc(x + 30, 470, 30, "#8a4f24")
        canvas.line([(x + 20, 478), (x + 84, 420)], "#5d3417", 7)
    for row in range(2):
        for x in range(-20, WIDTH + 40, 66):
            canvas.disc(x + row * 33, 622 + row * 36, 25, mix("#1a1222", "#2b1f38", canvas.dice.random()))
            canvas.slab(x + row * 33 - 36, 640 + row * 36, x + row * 33 + 36, HEIGHT + 60, "#160f1e", radius=14)


def draw_classroom(canvas: Canvas) -> None:
    """A blackboard, desks, pupils from behind."""
    canvas.gradient("#f1dfbd", "#dcc193")
    canvas.slab(220, 80, 980, 360, "#8a5f3c")
    canvas.slab(236, 96, 964, 344, "#275c4d")
    for line in range(4):
        y = 140 + line * 46
        canvas.line([(280, y), (280 + canvas.dice.uniform(260, 560), y)], "#cfe0d8", 4)
    for x in (60, 1040):
        canvas.slab(x, 90, x + 110, 300, "#f7f2e6")
        canvas.slab(x + 8, 98, x + 102, 292, "#9fd0e6")
        canvas.slab(x + 51, 98, x + 59, 292, "#f7f2e6")
    canvas.gradient("#b98f5e", "#94693d", 450, HEIGHT)
    canvas.figure(canvas.dice.uniform(320, 880), 470, 210, canvas.dice.choice(PAINTS))
    for row, (y, size) in enumerate(((520, 0.8), (620, 1.1))):
        for x in range(110 + row * 40, WIDTH, 210 + row * 40):
            canvas.figure(x, y, 130 * size, canvas.dice.choice(PAINTS))
            canvas.slab(x - 78 * size, y - 44 * size, x + 78 * size, y - 30 * size, "#7d5632")
            canvas.slab(x - 70 * size, y - 30 * size, x + 70 * size, y + 40 * size, "#a8763f")


def draw_kitchen(canvas: Canvas) -> None:
    """A tagine on the stove, copper on the wall."""
    canvas.gradient("#f0d9b0", "#e0bd86")
    tile = canvas.dice.choice(("#1f7a7a", "#2f6690", "#3a7d44"))
    for row in range(4):
        for column in range(25):
            x, y = column * 50, 200 + row * 50
            canvas.slab(x + 1, y + 1, x + 49, y + 49, mix(tile, "#f7f2e6", 0.78 if (row + column) % 2 else 0.9))
            canvas.polygon(
                [(x + 25, y + 8), (x + 42, y + 25), (x + 25, y + 42), (x + 8, y + 25)], mix(tile, "#f7f2e6", 0.25)
            )
    canvas.slab(0, 120, WIDTH, 134, "#7d5632")
    for x in range(90, WIDTH, 170):
        size = canvas.dice.uniform(34, 50)
        canvas.line([(x, 134), (x, 172)], "#4a3325", 4)
        canvas.disc(x, 172 + size, size, "#b8682f")
        canvas.disc(x - 6, 166 + size, size * 0.72, "#cf8347")
    canvas.slab(0, 480, WIDTH, 520, "#cfc4b0")
    canvas.slab(0, 512, WIDTH, HEIGHT, "#8a5f3c")
    pot = canvas.dice.uniform(430, 770)
    clay = canvas.dice.choice(("#b5532f", "#c96a3b", "#9c4a2e"))
    canvas.glow(pot, 440, 230, "#ffcf8a", 0.4)
    canvas.polygon([(pot - 170, 424), (pot + 170, 424), (pot + 124, 484), (pot - 124, 484)], mix(clay, "#3a1d10", 0.15))
    canvas.polygon(
        [(pot - 150, 424), (pot - 40, 300), (pot - 18, 236), (pot + 18, 236), (pot + 40, 300), (pot + 150, 424)], clay
    )
    canvas.disc(pot, 230, 22, mix(clay, "#3a1d10", 0.2))
    canvas.line([(pot - 104, 384), (pot + 104, 384)], "#f2d9a8", 6)
    for rise in range(3):
        left = pot - 60 + rise * 60
        canvas.line([(left, 200), (left + 12, 160), (left - 8, 120), (left + 8, 76)], "#f7efe0", 5)
    for place in (110, 210, 980, 1080):
        canvas.disc(place, 458, 34, canvas.dice.choice(("#d9692b", "#e0a82e", "#b5402f", "#7c9a3d")))
        canvas.disc(place - 8, 448, 9, "#f7efe0")
