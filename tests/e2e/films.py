"""Films for the fake cameras of screenshots: a drawn person who moves gently in a lit room. Made here, of nobody."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy
import numpy.typing

Array = numpy.typing.NDArray[numpy.float64]
Rgb = tuple[int, int, int]
FRAMES, FPS = 40, 10  # four seconds, whose end fits their beginning
SOFT = 0.006  # how wide an edge is, as a part of the picture's height


class Sitter(NamedTuple):
    """Who is drawn, and where they sit."""

    wall: Rgb
    light: Rgb
    skin: Rgb
    hair: Rgb
    shirt: Rgb
    long_hair: bool
    lean: float  # where the head is, from the middle, as a part of the height


ANA = Sitter((196, 171, 142), (255, 236, 200), (222, 170, 135), (66, 40, 28), (170, 72, 58), True, -0.04)
BEN = Sitter((112, 134, 152), (214, 232, 244), (150, 104, 76), (28, 24, 24), (56, 84, 118), False, 0.05)


def write_film(path: Path, sitter: Sitter, width: int, height: int) -> Path:
    """Writes the film as YUV4MPEG2, which Chromium's fake camera takes. Width and height are even."""
    head = f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420jpeg\n".encode()
    frames = (b"FRAME\n" + yuv420(draw(sitter, width, height, n / FRAMES)) for n in range(FRAMES))
    path.write_bytes(head + b"".join(frames))
    return path


def draw(sitter: Sitter, width: int, height: int, turn: float) -> Array:
    """One picture, RGB from 0 to 255. `turn` goes from 0 to 1 through the film."""
    y, x = numpy.mgrid[0:height, 0:width] / height
    x = x - width / height / 2
    sway, nod = 0.012 * math.sin(2 * math.pi * turn), 0.006 * math.sin(4 * math.pi * turn)
    cx, cy = sitter.lean + sway, 0.46 + nod
    picture = room(sitter, x, y)
    if sitter.long_hair:
        paint(picture, sitter.hair, oval(x - cx, y - cy - 0.10, 0.205, 0.30))
    paint(picture, sitter.shirt, oval(x - sitter.lean - sway / 3, y - 1.08, 0.42, 0.36))
    paint(picture, shade(sitter.skin, 0.85), oval(x - cx, y - cy - 0.22, 0.075, 0.13))
    paint(picture, sitter.hair, oval(x - cx, y - cy + 0.045, 0.178, 0.205))
    paint(picture, sitter.skin, oval(x - cx, y - cy - 0.015, 0.145, 0.19))
    face(picture, sitter, x - cx, y - cy, turn)
    shaded: Array = numpy.clip(picture * vignette(x, y), 0, 255)
    return shaded


def face(picture: Array, sitter: Sitter, x: Array, y: Array, turn: float) -> None:
    """Eyes that blink, brows, a nose, and a mouth that speaks a little."""
    open_eye = 0.004 if 0.46 < turn < 0.5 else 0.014
    for side in (-1, 1):
        paint(picture, (250, 246, 240), oval(x - side * 0.056, y + 0.01, 0.026, open_eye))
        paint(picture, (44, 32, 26), oval(x - side * 0.054, y + 0.01, 0.011, open_eye))
        paint(picture, sitter.hair, oval(x - side * 0.056, y + 0.048, 0.034, 0.007))
    paint(picture, shade(sitter.skin, 0.86), oval(x - 0.004, y - 0.04, 0.014, 0.03))
    smile = y - 0.098 + 3.5 * x**2  # the corners are higher
    paint(picture, shade(sitter.skin, 0.55), oval(x, smile, 0.05, 0.011 + 0.006 * math.sin(6 * math.pi * turn)))
    hairline = oval(x, y + 0.165, 0.142, 0.075)
    paint(picture, sitter.hair, hairline * (y < -0.07))


def room(sitter: Sitter, x: Array, y: Array) -> Array:
    """A wall with the light of a window, a picture and a shelf."""
    picture: Array = numpy.ones((*x.shape, 3)) * numpy.array(sitter.wall, float)
    glow = numpy.exp(-((x + 0.5) ** 2 + (y - 0.2) ** 2) / 0.25)[..., None]
    picture += (numpy.array(sitter.light, float) - picture) * glow * 0.75
    paint(picture, shade(sitter.wall, 0.62), box(x - 0.42, y - 0.22, 0.13, 0.10))
    paint(picture, shade(sitter.light, 0.9), box(x - 0.42, y - 0.22, 0.11, 0.08))
    paint(picture, shade(sitter.wall, 0.5), box(x + 0.5, y - 0.62, 0.22, 0.012))
    for n, tall in enumerate((0.10, 0.13, 0.08, 0.12)):
        paint(
            picture, shade(sitter.shirt, 0.7 + 0.15 * n), box(x + 0.62 - n * 0.055, y - 0.61 + tall / 2, 0.02, tall / 2)
        )
    return picture


def paint(picture: Array, colour: Rgb, cover: Array) -> None:
    """Lays a colour over the picture, as far as `cover` says for each point, from 0 to 1."""
    picture += (numpy.array(colour, float) - picture) * cover[..., None]


def oval(x: Array, y: Array, across: float, down: float) -> Array:
    """Where an oval is, with a soft edge."""
    away = numpy.sqrt((x / across) ** 2 + (y / down) ** 2)
    return numpy.clip((1 - away) * min(across, down) / SOFT + 0.5, 0, 1)


def box(x: Array, y: Array, across: float, down: float) -> Array:
    """Where a box is."""
    return ((abs(x) < across) & (abs(y) < down)).astype(float)


def vignette(x: Array, y: Array) -> Array:
    """The corners are a little darker, as a lens makes them."""
    return (1 - 0.35 * numpy.clip(x**2 + (y - 0.5) ** 2 - 0.15, 0, 1))[..., None]


def shade(colour: Rgb, much: float) -> Rgb:
    """The colour, darker or lighter."""
    red, green, blue = (min(255, int(part * much)) for part in colour)
    return red, green, blue


def yuv420(rgb: Array) -> bytes:
    """The picture in the order of bytes of YUV 4:2:0, full range (JFIF)."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    half: Callable[[Array], Array] = lambda plane: (plane[::2, ::2] + plane[1::2, 1::2]) / 2  # noqa: E731
    planes = (light, half(128 + 0.564 * (blue - light)), half(128 + 0.713 * (red - light)))
    return b"".join(numpy.clip(plane, 0, 255).astype(numpy.uint8).tobytes() for plane in planes)
