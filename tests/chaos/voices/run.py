"""One run: callers talk, faults rain, everything heals and comes to rest; then the judge, and answers back."""

import heapq
import itertools
import operator
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, field
from pathlib import Path

from agent.control_client import NoDaemonError, RefusedError, ask
from tests.chaos.voices.box import AGENT, CALLER, VoiceBox
from tests.chaos.voices.faults import TABLE, Unfit
from tests.chaos.voices.oracle import Verdict, judge
from tests.chaos.voices.towns import Town, real_town, small_town
from tests.support.loop_disk import LoopDisk, why_not
from tests.support.warm import Warm

NODES = ("kel-3673011001", "kel-3673011002", "kel-3673011003")
TICK_S = 0.02
SETTLE_S = 240.0
FOLLOW_S = 150.0
"""What a box found out late (a round a minute) must be at the centre by then."""
ANSWER_WITHIN_S = 30.0
ANSWERED_WITHIN_S = 120.0
OFFER_AGAIN_S = 5.0
"""A box whose session a busy machine has just ended hears nothing: a centre offers what has no receipt once more."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Least:
    """Faults injected; voices told, photographs among them, repeats that got the same ticket, and different kinds."""

    faults: int = 0
    told: int = 0
    photos: int = 0
    repeats: int = 0
    kinds: int = 0


@dataclass(frozen=True, slots=True)
class Options:
    """`real`: the whole centre. `every_s`: the mean time between two faults. `answered`: how many tickets are
    answered and read at the kiosk in the end. `kinds`: only these, by name and comma. `least`: what a run must come
    to, however long that takes a slow machine."""

    seed: int
    duration_s: float = 60.0
    real: bool = True
    boxes: int = 2
    callers: int = 2
    per_s: float = 2.0
    every_s: float = 1.2
    answered: int = 12
    kinds: str = ""
    least: Least = Least()


@dataclass
class Outcome:
    """What came of it."""

    options: Options
    verdict: Verdict = field(default_factory=Verdict)
    faults: Counter[str] = field(default_factory=Counter)
    fell: int = 0
    took_s: float = 0.0

    @property
    def good(self) -> bool:
        """All promises held, and no agent fell by itself."""
        return self.verdict.good and not self.fell

    def line(self) -> dict[str, object]:
        """As JSON, one line."""
        verdict = self.verdict
        counts = ("accepted", "photos", "lost", "altered", "doubled", "invented", "unanswered", "repeats", "answers")
        return {
            "part": "voices", "seed": self.options.seed, "minutes": round(self.options.duration_s / 60, 2),
            **{name: getattr(verdict, name) for name in counts}, "kinds": dict(sorted(verdict.kinds.items())),
            "faults": dict(sorted(self.faults.items())), "fell": self.fell, "took_s": round(self.took_s, 1),
            "good": self.good, "problems": verdict.problems,
        }  # fmt: skip


class Run:
    """What faults get to see."""

    def __init__(self, options: Options, town: Town, boxes: list[VoiceBox]) -> None:
        self.options, self.town, self.boxes = options, town, boxes
        self.outcome = Outcome(options)

    @property
    def told(self) -> int:
        """How many voices have been told that they are accepted."""
        return self.so_far.told

    @property
    def so_far(self) -> Least:
        """What the run has come to."""
        books = [book for box in self.boxes for book in box.read()]
        told = [entry for book in books for entry in book.told.values()]
        return Least(
            self.outcome.faults.total(),
            len(told),
            sum(len(entry["content"].get("photos", ())) for entry in told),
            sum(book.again for book in books),
            len({entry["kind"] for entry in told}),
        )

    @property
    def enough(self) -> bool:
        """Whether it has come to what it must."""
        return all(map(operator.ge, astuple(self.so_far), astuple(self.options.least)))


def run(options: Options, folder: Path, say: Say = lambda _: None) -> Outcome:
    """The whole of it. AssertionError when it does not come up, or not to rest."""
    began = time.monotonic()
    with running(options, folder) as this:
        say(f"{options.boxes} boxes with {options.callers} callers each; seed {options.seed}, {options.duration_s:g} s")
        for number, box in enumerate(this.boxes):
            box.call(options.callers, options.seed + number, options.per_s, options.kinds)
        torture(this, say)
        say("all faults healed; waiting for what is under way")
        conclude(this)
    this.outcome.took_s = time.monotonic() - began
    return this.outcome


def conclude(this: Run) -> None:
    """Everybody comes to rest, the judge compares, the city answers, and the answers are read at the boxes."""
    settle(this)
    books = [book for box in this.boxes for book in box.read()]
    deadline = time.monotonic() + FOLLOW_S
    this.outcome.verdict = judge(books, this.town.desk())
    while this.outcome.verdict.missing and time.monotonic() < deadline:  # photographs follow their complaint
        time.sleep(0.5)
        this.outcome.verdict = judge(books, this.town.desk())
    read_answers(this)
    this.outcome.fell = sum(box.fell for box in this.boxes)
    for box in this.boxes:
        box.kill()


@contextmanager
def running(options: Options, folder: Path) -> Iterator[Run]:
    """Town and boxes, started; gone at the end, whatever happened."""
    with ExitStack() as stack:
        warm = stack.enter_context(Warm(AGENT, CALLER, log=folder / "boxes.log"))
        town = stack.enter_context((real_town if options.real else small_town)(folder))
        boxes: list[VoiceBox] = []
        for node in NODES[: options.boxes]:
            disk = None if why_not() else stack.enter_context(LoopDisk(folder / f"card-{node}", 96))
            boxes.append(VoiceBox(folder / node, warm, node, town.port, town.credentials(node), disk))
            stack.callback(boxes[-1].close)
            boxes[-1].start()
        yield Run(options, town, boxes)


def torture(this: Run, say: Say) -> None:
    """Inject and heal in time, all from this thread."""
    options, chance, order = this.options, random.Random(this.options.seed), itertools.count()
    faults = [fault for fault in TABLE if options.real or not fault.real]
    due: list[tuple[float, int, Callable[[], object]]] = []
    began, next_s, tell_s = time.monotonic(), chance.expovariate(1 / options.every_s), 0.0
    least = options.least.faults
    while (now_s := time.monotonic() - began) < options.duration_s or due or this.outcome.faults.total() < least:
        if due and due[0][0] <= now_s:
            heapq.heappop(due)[2]()
        elif now_s >= next_s and (now_s < options.duration_s or this.outcome.faults.total() < least):
            fault = chance.choices(faults, [fault.weight for fault in faults])[0]
            lasts_s, next_s = chance.uniform(*fault.lasts_s), now_s + chance.expovariate(1 / options.every_s)
            try:
                heal = fault.inject(this, random.Random(chance.getrandbits(32)))
            except Unfit:
                continue
            this.outcome.faults[fault.name] += 1
            if heal is not None:
                heapq.heappush(due, (time.monotonic() - began + lasts_s, next(order), heal))
        else:
            for box in this.boxes:
                box.keep(options.kinds)
            time.sleep(TICK_S)
        if now_s >= tell_s:
            say(f"{now_s:6.0f} s  told {this.told}  faults {this.outcome.faults.total()}")
            tell_s = now_s + 10
    deadline = time.monotonic() + SETTLE_S
    while not this.enough:
        assert time.monotonic() < deadline, f"it came to no more than {this.so_far} in all this time"
        for box in this.boxes:
            box.keep(options.kinds)
        time.sleep(TICK_S)


def settle(this: Run) -> None:
    """Callers bring what they began to its end, and the boxes hand over what they hold. AssertionError otherwise."""
    deadline = time.monotonic() + SETTLE_S
    for box in this.boxes:
        while box.quiet() or box.waiting() != 0:
            assert time.monotonic() < deadline, f"{box.node} does not come to rest: {box.waiting()} {box.quiet()}"
            time.sleep(TICK_S)


def read_answers(this: Run) -> None:
    """The city answers some, and each answer opens at the kiosk with code and PIN and with nothing else."""
    chance = random.Random(this.options.seed)
    tickets = [
        (box, entry) for box in this.boxes for book in box.read() for entry in book.told.values() if entry["pin"]
    ]
    chosen = chance.sample(tickets, min(this.options.answered, len(tickets)))
    texts = {entry["id"]: f"Jawaban {chance.getrandbits(64):016x}: sudah dikerjakan" for _, entry in chosen}
    this.town.answer(texts)
    for box, entry in chosen:
        _read_at(this, box, entry["code"], entry["pin"], {entry["id"]: texts[entry["id"]]})
    for box in this.boxes:
        if mine := [entry for at, entry in chosen if at is box]:
            wrong = f"{(int(mine[0]['pin']) + 1) % 10_000:04d}"
            deadline = time.monotonic() + ANSWERED_WITHIN_S
            while (said := _look(box, mine[0]["code"], wrong)) == "nobody" and time.monotonic() < deadline:
                time.sleep(0.2)
            if said != "not_found":
                this.outcome.verdict.problems.append(f"a wrong PIN at {box.node} got {said}")


def _read_at(this: Run, box: VoiceBox, code: str, pin: str, answer: dict[str, str]) -> None:
    deadline = time.monotonic() + ANSWERED_WITHIN_S
    offer_s = time.monotonic() + OFFER_AGAIN_S
    (text,) = answer.values()
    while text not in str(found := _look(box, code, pin)):
        if time.monotonic() > deadline:
            this.outcome.verdict.problems.append(f"no answer at {box.node}: {found}")
            return
        if time.monotonic() > offer_s:
            this.town.offer_again(answer)
            offer_s = time.monotonic() + OFFER_AGAIN_S
        time.sleep(0.2)
    this.outcome.verdict.answers += 1


def _look(box: VoiceBox, code: str, pin: str) -> object:
    """What the kiosk shows, or the code of its refusal."""
    try:
        return ask(box.intake, {"op": "lookup", "code": code, "pin": pin, "lang": "id"}, ANSWER_WITHIN_S)["replies"]
    except RefusedError as error:
        return error.code
    except NoDaemonError:
        return "nobody"
