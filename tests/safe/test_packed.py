"""Packed lists: the same as the list, in every way a document is used."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditor.safe.json import canonical, dumps
from auditor.safe.packed import BLOCK, Packed, pack

ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(-9, 9) | st.text(max_size=4), max_size=3))


@given(ROWS, ROWS, st.booleans())
def test_it_says_what_the_list_says(first: list[object], second: list[object], closed: bool) -> None:
    packed: Packed[object] = Packed(first)
    if closed:
        packed.close()
    packed.open += second
    rows = [*first, *second]
    assert list(packed) == rows == packed
    assert len(packed) == len(rows)
    assert [packed[index] for index in range(-len(rows), len(rows))] == rows * 2
    assert b"".join(packed.texts()) == canonical(rows) == canonical(packed)
    assert dumps({"rows": packed}, indent=True) == dumps({"rows": rows}, indent=True)


@given(ROWS, ROWS)
def test_it_is_mapped_like_the_list(first: list[object], second: list[object]) -> None:
    packed: Packed[object] = Packed(first)
    packed.close()
    packed.open += second
    assert packed.mapped(lambda row: [row]) == [[row] for row in [*first, *second]]
    assert packed.mapped(lambda row: row).blocks == packed.blocks


def test_long_lists_are_several_blocks() -> None:
    packed = Packed(range(2 * BLOCK + 1))
    packed.close()
    packed.add(pack([7]))
    assert [block.size for block in packed.blocks] == [BLOCK, BLOCK, 1, 1]
    assert list(packed) == [*range(2 * BLOCK + 1), 7]
    assert packed != [*range(2 * BLOCK + 1), 8]
    assert packed[-1] == 7


def test_what_json_cannot_say_is_replaced() -> None:
    packed = Packed([{"command": "\ud800"}])
    packed.close()
    assert list(packed) == [{"command": "\ufffd"}]
