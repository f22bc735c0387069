"""A session on a time axis: its steps, and for each credential the window in which it lay open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from auditor.document import Incident, SessionDict, StepDict
from auditor.report import reading
from auditor.report.reading import Reading

WIDTH, LEFT, RIGHT = 1000, 250, 984
_STEP_ROW, _BAND, _DOT = 24, 34, 21
_STACK = 4
_TICKS = 6
_NICE = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class Dot:
    """A step: its number in the session's table, where it stands, what it is."""

    number: int
    x: int
    y: int
    phase: str
    leak: bool
    label: str


@dataclass(frozen=True, slots=True)
class Band:
    """A credential: solid from first to last sight in this session, open until the axis ends."""

    incident: Incident
    y: int
    start: int
    end: int
    marks: Sequence[int]


@dataclass(frozen=True, slots=True)
class Axis:
    """What the template draws; empty `dots` and `bands` where times are unknown."""

    dots: Sequence[Dot]
    bands: Sequence[Band]
    ticks: Sequence[tuple[int, str]]
    base: int
    height: int
    first: str
    last: str


def axis(found: Reading, session: SessionDict) -> Axis | None:
    """Return a session's timeline; None when too little of it has a time."""
    steps = found.steps_of.get(session["id"], [])
    incidents = found.incidents_of.get(session["id"], [])
    times = sorted(_times(session, steps, incidents))
    if not times:
        return None
    start, end = times[0], times[-1]
    if end - start < timedelta(seconds=1):
        end = start + timedelta(seconds=1)
    scale = (RIGHT - LEFT) / (end - start).total_seconds()

    def place(moment: datetime) -> int:
        return round(LEFT + (moment - start).total_seconds() * scale)

    dots = list(_dots(steps, {one["origin"]["step"] for one in incidents}, place))
    deepest = max((dot.y for dot in dots), default=0)
    top = deepest + _STEP_ROW
    bands = list(_bands(session, incidents, place, top))
    base = top + _BAND * len(bands) + 8
    return Axis(dots, bands, list(_ticks(start, end, place)), base, base + 30, _stamp(start), _stamp(end))


def _times(session: SessionDict, steps: Sequence[StepDict], incidents: Sequence[Incident]) -> Iterator[datetime]:
    texts = [session["started"], session["ended"], *(step["started"] for step in steps)]
    texts += [spot["timestamp"] for one in incidents for spot in _spots(one, session)]
    yield from filter(None, map(reading.moment, texts))


def _spots(one: Incident, session: SessionDict) -> list[dict[str, str]]:
    return [spot for spot in one["occurrences"] if spot["session"] == session["id"]]  # type: ignore[misc]


def _dots(steps: Sequence[StepDict], leaks: set[str], place: object) -> Iterator[Dot]:
    """Numbered steps; neighbours that would touch are stacked."""
    assert callable(place)
    last = [-1000] * _STACK
    for number, step in enumerate(steps, 1):
        moment = reading.moment(step["started"])
        if moment is None:
            continue
        x = place(moment)
        row = next((row for row in range(_STACK) if x - last[row] >= _DOT), number % _STACK)
        last[row] = x
        time = reading.clock(step["started"], date=False)
        label = f"{number}. {time} {step['tool']} {step['action']}"
        yield Dot(number, x, 16 + row * _STEP_ROW, step["phase"], step["id"] in leaks, label)


def _bands(session: SessionDict, incidents: Sequence[Incident], place: object, top: int) -> Iterator[Band]:
    assert callable(place)
    for number, one in enumerate(incidents):
        moments = sorted(filter(None, (reading.moment(spot["timestamp"]) for spot in _spots(one, session))))
        marks = [place(moment) for moment in moments]
        if marks:
            yield Band(one, top + _BAND * number, marks[0], marks[-1], sorted(set(marks)))


def _ticks(start: datetime, end: datetime, place: object) -> Iterator[tuple[int, str]]:
    """Round times, at most `_TICKS` of them."""
    assert callable(place)
    seconds = (end - start).total_seconds()
    days = max(1, round(seconds / 86_400 / _TICKS))
    unit = next((unit for unit in _NICE if seconds / unit <= _TICKS), 86_400 * days)
    shape = "%H:%M:%S" if unit < 60 else "%H:%M" if seconds < 86_400 else "%d %b %H:%M"
    try:
        first = start.timestamp() // unit * unit + unit
        stamps = [first + unit * number for number in range(_TICKS + 1)]
        for stamp in stamps:
            moment = datetime.fromtimestamp(stamp, UTC)
            if moment <= end:
                yield place(moment), moment.strftime(shape)
    except (OverflowError, ValueError, OSError):  # years no clock has
        return


def _stamp(moment: datetime) -> str:
    return reading.clock(moment.isoformat())
