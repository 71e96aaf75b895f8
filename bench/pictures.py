"""From a 1080p frame to a picture that may leave: what each step takes, how often it is encoded, what numpy weighs.

The photographs are those scikit-image ships, enlarged to 1920x1080; 300 pictures of 30 cameras, in other light each
time and with something new in each. Cold knows nothing of a camera, warm has its pictures before.
"""

import io
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageEnhance

from agent.cameras.base import RECORD_ROOM, Frame
from agent.cameras.masks import make_mask
from agent.cameras.pipeline.budget import Fitter
from agent.cameras.pipeline.decode import Decoded, decode
from agent.cameras.pipeline.mask import Masker
from agent.cameras.pipeline.measures import measure
from agent.cameras.pipeline.strip import add_strip, strip_lines
from bench import process, table
from tests.agent.cameras.pipeline import scenes

SIZE = (1920, 1080)
BUDGET_BYTES = 60_000 - RECORD_ROOM
CAMERAS, PICTURES = 30, 10
REPEATS = 15
COLD_GOAL, WARM_GOAL = 2.5, 1.6
_WEIGH = "import {}; import sys; print(flush=True); sys.stdin.read()"


def run() -> list[table.Row]:
    """About two minutes."""
    picture = scenes.view("motorcycle_left").resize(SIZE, Image.Resampling.BICUBIC)
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=85)
    frame = Frame(*SIZE, 0, target.getvalue())
    decoded = Decoded(picture, *SIZE, 16)
    corners = [(0.2, 0.3), (0.5, 0.2), (0.6, 0.5), (0.45, 0.8), (0.25, 0.7)]
    mask, masker = make_mask(16 / 9, [corners]), Masker()
    fitter = Fitter()
    cold, warm, over = _encodes()
    bare, pillow, numpy = (_weight(names) for names in ("sys", "PIL.Image", "PIL.Image, numpy"))
    return [
        table.figure("decode a 1080p JPEG", _median_ms(lambda: decode(frame)), "ms"),
        table.figure("mask: painted for a new size or shape", _median_ms(lambda: Masker().apply(decoded, mask)), "ms"),
        table.figure("mask: laid on the next picture", _median_ms(lambda: masker.apply(decoded, mask)), "ms"),
        table.figure("measures", _median_ms(lambda: measure(picture)), "ms"),
        table.figure("strip", _median_ms(lambda: _caption(picture)), "ms"),
        table.figure("into 60 kB, warm", _median_ms(lambda: fitter.fit(picture, BUDGET_BYTES, _caption)), "ms"),
        table.below("encodings a picture, cold, mean of 300", cold, "", COLD_GOAL + 0.001),
        table.below("encodings a picture, warm, mean of 270", warm, "", WARM_GOAL + 0.001),
        table.below("pictures over their budget", over, "", 1),
        table.figure("Pillow in a process", pillow - bare, "MiB"),
        table.figure("numpy besides, which is not used", numpy - pillow, "MiB"),
    ]


def _caption(picture: Image.Image) -> Image.Image:
    return add_strip(picture, *strip_lines(1_796_000_000, "Kelurahan Menteng", "Gerbang utara"))


def _median_ms(step: Callable[[], object]) -> float:
    taken = []
    for _ in range(REPEATS):
        began = time.process_time()  # pure work: what others do on the machine is not its matter
        step()
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken)


def _encodes() -> tuple[float, float, int]:
    """Mean encodings cold and warm, and how many pictures were over their budget."""
    chance = random.Random(20)
    cold: list[int] = []
    warm: list[int] = []
    over = 0
    for camera in range(CAMERAS):
        whole = scenes.view(scenes.PHOTOS[camera % len(scenes.PHOTOS)]).resize(SIZE)
        warmth = ""
        for _ in range(PICTURES):
            seen = ImageEnhance.Brightness(whole).enhance(chance.uniform(0.4, 1.25))
            patch = scenes.photo(chance.choice(scenes.PHOTOS)).resize((SIZE[0] // 5, SIZE[1] // 4))
            seen.paste(patch, (chance.randrange(SIZE[0] // 2), chance.randrange(SIZE[1] // 2)))
            known = Fitter(warmth)
            made = (Fitter().fit(seen, BUDGET_BYTES, _caption), known.fit(seen, BUDGET_BYTES, _caption))
            cold.append(made[0].encodes)
            if warmth:
                warm.append(made[1].encodes)
            over += sum(len(one.jpeg) > BUDGET_BYTES for one in made)
            warmth = known.warmth
    return statistics.mean(cold), statistics.mean(warm), over


def _weight(names: str) -> float:
    """PSS of a Python with these modules, host libraries shared."""
    with subprocess.Popen(
        [sys.executable, "-c", _WEIGH.format(names)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd()
    ) as child:
        assert child.stdout is not None and child.stdin is not None
        child.stdout.readline()
        found = process.memory(child.pid).pss_host_shared
        child.stdin.close()
    return found
