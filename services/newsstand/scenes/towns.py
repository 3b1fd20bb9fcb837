"""Scenes of towns: port, station, streets, gates and stadiums."""

from services.newsstand.brushes import HEIGHT, PAINTS, WIDTH, Canvas, mix

CRATES = ("#c8553d", "#2f6690", "#e0a82e", "#3a7d44", "#8d99ae", "#f2efe6")


def draw_harbour(canvas: Canvas) -> None:
    """Gantry cranes over a container ship."""
    canvas.sky(400)
    canvas.hills(410, 60, mix("#5d7f97", canvas.haze, 0.6))
    canvas.water(400, mix("#3c88a8", canvas.haze, 0.35), "#1c4a66")
    dark = "#2b3544"
    for x in (150, 420, 800):
        paint = canvas.dice.choice(("#d9532c", "#2f6fa3", "#c9a227"))
        canvas.slab(x, 150, x + 14, 430, paint)
        canvas.slab(x + 96, 190, x + 110, 430, paint)
        canvas.slab(x - 110, 196, x + 190, 210, paint)
        canvas.line([(x + 7, 150), (x - 105, 198)], paint, 4)
        canvas.line([(x + 7, 150), (x + 185, 198)], paint, 4)
        canvas.line([(x - 70, 210), (x - 70, 300)], dark, 2)
        canvas.slab(x - 92, 300, x - 48, 322, canvas.dice.choice(CRATES))
    canvas.slab(0, 425, WIDTH, 445, "#59616b")
    for column in range(17):
        for row in range(canvas.dice.randint(2, 5)):
            x, y = 250 + column * 40, 470 - row * 22
            canvas.slab(x, y, x + 38, y + 21, canvas.dice.choice(CRATES))
    canvas.slab(950, 340, 1030, 490, "#f2f0e8")
    canvas.slab(960, 352, 1020, 364, dark)
    canvas.polygon([(190, 490), (1090, 490), (1040, 560), (240, 560)], "#1f2c3d")
    canvas.polygon([(226, 540), (1054, 540), (1040, 560), (240, 560)], "#a8322a")


def draw_rain(canvas: Canvas) -> None:
    """A grey town, slanting rain, umbrellas."""
    canvas.gradient("#566579", "#a9b5bf")
    for _ in range(7):
        canvas.cloud(
            canvas.dice.uniform(0, WIDTH), canvas.dice.uniform(40, 150), mix("#46536a", "#7d8b9c", canvas.dice.random())
        )
    for x in range(-20, WIDTH, 105):
        height = canvas.dice.uniform(150, 320)
        canvas.slab(x, 520 - height, x + 98, 530, mix("#6d7c8d", "#92a0ac", canvas.dice.random()))
        for row in range(int(height // 48)):
            for column in range(3):
                lit = canvas.dice.random() < 0.3
                y = 534 - height + row * 48
                canvas.slab(x + 14 + column * 28, y, x + 28 + column * 28, y + 20, "#f2d48b" if lit else "#5a6979")
    canvas.gradient("#515c69", "#39424e", 525, HEIGHT)
    for _ in range(9):
        canvas.disc(
            canvas.dice.uniform(0, WIDTH),
            canvas.dice.uniform(560, 660),
            canvas.dice.uniform(40, 110),
            "#6c7987",
            squash=0.12,
        )
    for x in (260, 470, 690, 930):
        foot = canvas.dice.uniform(590, 640)
        hood = canvas.dice.choice(("#c8413b", "#e0a82e", "#2f6690", "#3a7d44"))
        canvas.figure(x, foot, 130, "#2b3441")
        canvas.polygon(
            [(x - 80, foot - 118), (x - 52, foot - 160), (x, foot - 180), (x + 52, foot - 160), (x + 80, foot - 118)],
            hood,
        )
        canvas.line([(x, foot - 180), (x, foot - 60)], "#222a33", 3)
    for _ in range(330):
        left, top = canvas.dice.uniform(-50, WIDTH + 50), canvas.dice.uniform(0, HEIGHT)
        canvas.line([(left, top), (left - 9, top + 26)], "#cdd8e2", 1)


def draw_city_night(canvas: Canvas) -> None:
    """A skyline with its lights on, a minaret among the towers."""
    canvas.hour = "night"
    canvas.sky(560)
    for layer, colour in enumerate(("#22345f", "#182749", "#0e1a35")):
        x = -20.0
        while x < WIDTH:
            width = canvas.dice.uniform(54, 110)
            height = canvas.dice.uniform(140, 340 - layer * 60)
            top = 600 + layer * 30 - height
            canvas.slab(x, top, x + width, HEIGHT, colour)
            for row in range(int(height // 24)):
                for column in range(int(width // 20)):
                    if canvas.dice.random() < 0.34:
                        glass = canvas.dice.choice(("#ffd98a", "#ffe9b8", "#f7b267"))
                        left, y = x + 8 + column * 20, top + 12 + row * 24
                        canvas.slab(left, y, left + 8, y + 12, glass)
            x += width + canvas.dice.uniform(2, 14)
    x = canvas.dice.uniform(320, 880)
    canvas.glow(x, 250, 160, "#ffd98a", 0.35)
    canvas.slab(x - 34, 230, x + 34, HEIGHT, "#7b5a3c")
    canvas.slab(x - 40, 222, x + 40, 236, "#9a744e")
    canvas.slab(x - 20, 176, x + 20, 224, "#7b5a3c")
    canvas.arch(x, 222, 18, 34, "#ffd98a")
    canvas.arch(x, 360, 26, 64, "#ffd98a")
    canvas.disc(x, 168, 14, "#c9a227")
    canvas.line([(x, 160), (x, 134)], "#c9a227", 3)


def draw_train(canvas: Canvas) -> None:
    """A fast train on a viaduct."""
    canvas.sky(420)
    canvas.hills(440, 120, mix("#6f8fa0", canvas.haze, 0.5))
    canvas.hills(500, 80, mix("#8fa866", canvas.haze, 0.2))
    canvas.hills(610, 60, "#7a9450")
    canvas.slab(0, 452, WIDTH, 476, "#d8d2c4")
    for x in range(60, WIDTH, 190):
        canvas.slab(x, 476, x + 34, HEIGHT, "#c4bdad")
        canvas.slab(x + 22, 476, x + 34, HEIGHT, "#a79f8e")
    for x in range(20, WIDTH, 240):
        canvas.line([(x, 452), (x, 300), (x + 60, 300)], "#6b7680", 4)
    canvas.line([(0, 318), (WIDTH, 318)], "#6b7680", 1.5)
    stripe = canvas.dice.choice(("#c0392b", "#1e6b52", "#23508e"))
    nose = canvas.dice.uniform(930, 1080)
    canvas.polygon([(0, 350), (nose - 150, 350), (nose - 40, 390), (nose, 436), (nose - 12, 450), (0, 450)], "#f3f4f2")
    canvas.polygon([(0, 418), (nose - 18, 418), (nose - 2, 436), (0, 436)], stripe)
    canvas.polygon([(nose - 140, 360), (nose - 98, 362), (nose - 52, 392), (nose - 118, 392)], "#26323f")
    for x in range(20, int(nose) - 190, 58):
        canvas.slab(x, 368, x + 42, 394, "#33475a", radius=4)


def draw_stadium(canvas: Canvas) -> None:
    """A full stadium under floodlights."""
    canvas.hour = canvas.dice.choice(("day", "dusk", "night"))
    canvas.sky(330)
    shirts = (*canvas.dice.sample(PAINTS, 2), "#e9e4d4")
    for row in range(9):
        y = 230 + row * 20
        canvas.slab(0, y, WIDTH, y + 21, mix("#4b5566", "#2c3444", row / 9))
        for x in range(4, WIDTH, 12):
            if canvas.dice.random() < 0.78:
                canvas.disc(x + (row % 2) * 6, y + 9, 4, canvas.dice.choice((*shirts, shirts[0], "#34495e")))
    canvas.slab(0, 405, WIDTH, 428, "#1d3557")
    for index in range(8):
        canvas.slab(20 + index * 150, 409, 140 + index * 150, 424, canvas.dice.choice(PAINTS))
    canvas.slab(0, 428, WIDTH, HEIGHT, "#3f8f4f")
    for step in range(-8, 9, 2):
        canvas.polygon(
            [
                (600 + step * 90, 428),
                (690 + step * 90, 428),
                (690 + step * 190 + 60, HEIGHT),
                (600 + step * 190, HEIGHT),
            ],
            "#4a9d5a",
        )
    chalk = "#eef5ea"
    canvas.line([(380, 430), (300, 540), (900, 540), (820, 430)], chalk, 4)
    canvas.line([(480, 430), (455, 478), (745, 478), (720, 430)], chalk, 4)
    canvas.line([(510, 430), (510, 350), (690, 350), (690, 430)], "#ffffff", 6)
    for x in range(520, 690, 14):
        canvas.line([(x, 353), (x, 428)], "#c9d3cf", 1)
    for x in (340, 640, 850):
        canvas.figure(x + canvas.dice.uniform(-60, 60), canvas.dice.uniform(520, 620), 84, canvas.dice.choice(shirts))
    canvas.disc(canvas.dice.uniform(420, 780), 605, 11, "#ffffff")
    for x in (90, 1110):
        canvas.slab(x - 7, 90, x + 7, 300, "#8b97a6")
        canvas.glow(x, 80, 150, "#fffbe0", 0.7)
        canvas.slab(x - 52, 52, x + 52, 104, "#f6f3e4", radius=6)


def draw_parliament(canvas: Canvas) -> None:
    """A colonnade, steps and flags."""
    canvas.sky(500)
    stone, shade = "#efe2c8", "#cfb994"
    canvas.slab(0, 500, WIDTH, 610, "#b9ae97")
    canvas.slab(60, 270, 1140, 520, mix(stone, shade, 0.4))
    for x in (110, 210, 310, 850, 950, 1050):
        canvas.arch(x + 20, 500, 56, 150, "#6b5a45")
    canvas.slab(390, 220, 810, 520, stone)
    canvas.polygon([(360, 226), (600, 130), (840, 226)], stone)
    canvas.polygon([(420, 214), (600, 146), (780, 214)], shade)
    canvas.slab(350, 222, 850, 246, shade)
    canvas.slab(424, 262, 776, 500, "#6b5a45")
    for x in range(424, 790, 58):
        canvas.slab(x - 14, 250, x + 14, 508, "#f8efdc")
        canvas.slab(x + 4, 250, x + 14, 508, shade)
        canvas.slab(x - 20, 246, x + 20, 260, stone)
    for step in range(6):
        canvas.slab(
            340 - step * 26, 506 + step * 16, 860 + step * 26, 524 + step * 16, mix(stone, shade, (step % 2) * 0.7)
        )
    canvas.gradient("#b9ae97", "#8f8570", 600, HEIGHT)
    for x in (100, 230, 970, 1100):
        canvas.palm(x, 640, canvas.dice.uniform(170, 230), "#3f7045")
    for x in (330, 870):
        flag = canvas.dice.choice(("#2f6690", "#c9a227", "#3a7d44", "#b5402f"))
        canvas.line([(x, 522), (x, 150)], "#8d8d8d", 4)
        canvas.polygon([(x, 152), (x + 78, 164), (x + 70, 186), (x + 78, 206), (x, 196)], flag)
    for x in range(420, 800, 70):
        canvas.figure(x + canvas.dice.uniform(-20, 20), 650, 84, canvas.dice.choice(("#2b3441", "#5a4632", "#1f3b57")))


def draw_medina(canvas: Canvas) -> None:
    """A gate in ochre walls."""
    canvas.sky(480)
    wall = canvas.dice.choice(("#c9764a", "#c98b5a", "#d9b48a"))
    dark = mix(wall, "#3a1d10", 0.35)
    canvas.slab(0, 260, WIDTH, 580, wall)
    for x in range(0, WIDTH, 60):
        canvas.polygon([(x, 262), (x, 236), (x + 15, 218), (x + 30, 236), (x + 30, 262)], wall)
    canvas.slab(330, 150, 870, 580, mix(wall, "#fff1dc", 0.14))
    for x in range(330, 870, 60):
        canvas.polygon([(x, 152), (x, 126), (x + 15, 108), (x + 30, 126), (x + 30, 152)], mix(wall, "#fff1dc", 0.14))
    canvas.slab(370, 190, 830, 580, dark)
    canvas.slab(384, 204, 816, 580, mix(wall, "#fff1dc", 0.28))
    tile = canvas.dice.choice(("#1f7a7a", "#2f6690", "#3a7d44"))
    for x in range(392, 812, 28):
        for y in (210, 238):
            canvas.polygon([(x + 14, y), (x + 26, y + 12), (x + 14, y + 24), (x + 2, y + 12)], tile)
    canvas.disc(600, 400, 150, dark)
    canvas.slab(474, 420, 726, 580, dark)
    canvas.disc(600, 404, 128, "#3a2418")
    canvas.slab(492, 424, 708, 580, "#3a2418")
    canvas.glow(600, 520, 130, "#ffcf8a", 0.5)
    canvas.gradient("#caa06f", "#9c7446", 580, HEIGHT)
    for x in (120, 250, 960, 1090):
        canvas.palm(x, 600, canvas.dice.uniform(220, 300), "#44713f")
    for x in (520, 590, 680, 300, 930):
        canvas.figure(
            x, canvas.dice.uniform(600, 645), 92, canvas.dice.choice(("#f1ede0", "#5a4632", "#2f6690", "#7a3b2e"))
        )
