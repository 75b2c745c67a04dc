"""Which integers a codebook has, without TensorFlow."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edgekit.errors import RecipeError
from edgekit.techniques._codebook import Codebook, find_scales, fit_codebook
from edgekit.techniques.codebook_int8 import CodebookInt8, parse

_RNG = np.random.default_rng(1)
_ROWS = _RNG.normal(size=(8, 60)) * _RNG.uniform(0.1, 3, (8, 1))


def _error(book: Codebook, rows: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    return float(np.square(book.values(rows) - rows).sum())


def test_entries_are_the_best_that_there_are() -> None:
    rows = np.array([[-120.0, -118, 3, 5, 40, 44, 90, 127]])
    found = fit_codebook(rows, 3, keep_zero=False)
    errors = [
        _error(Codebook(np.array(entries), found.scales), rows)
        for entries in itertools.combinations(range(-127, 128, 10), 3)
    ]
    assert _error(found, rows) <= min(errors) + 1e-9


@pytest.mark.parametrize("num_codes", [2, 3, 8, 16])
def test_there_are_as_many_entries_as_were_asked_for(num_codes: int) -> None:
    found = fit_codebook(_ROWS, num_codes, keep_zero=False)
    assert len(found.entries) == num_codes
    assert np.abs(found.entries).max() <= 127
    assert (np.diff(found.entries) > 0).all()


def test_more_codes_are_nearer() -> None:
    errors = [_error(fit_codebook(_ROWS, each, keep_zero=False), _ROWS) for each in (2, 4, 8, 16, 64, 255)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-4 * np.square(_ROWS).sum()


def test_channels_of_large_weights_count_more() -> None:
    rows = np.array([[100.0, -100, 50, -50] * 8, [0.1, -0.1, 0.02, -0.02] * 8])
    for order in (rows, rows[::-1]):
        entries = fit_codebook(order, 4, keep_zero=False).entries
        np.testing.assert_allclose(entries / entries.max(), [-1, -0.5, 0.5, 1], atol=0.01)


def test_zeros_stay_zero_when_they_are_to() -> None:
    rows = np.where(np.abs(_ROWS) < 0.8, 0.0, _ROWS)
    found = fit_codebook(rows, 8, keep_zero=True)
    assert 0 in found.entries
    assert len(found.entries) <= 8
    assert (found.codes(rows)[rows == 0] == 0).all()
    moved = found.follow(rows + 0.01 * _ROWS, keep_zero=True)
    assert 0 in moved.entries


def test_a_channel_without_weights_has_only_zeros() -> None:
    rows = np.vstack([_ROWS, np.zeros((1, 60))])
    assert (fit_codebook(rows, 8, keep_zero=False).values(rows)[-1] == 0).all()
    assert fit_codebook(np.zeros((2, 4)), 8, keep_zero=False).entries.tolist() == [0]


def test_entries_follow_the_weights_that_take_them() -> None:
    book = Codebook(np.array([-10, 0, 10]), np.ones(1))
    rows = np.array([[-11.0, -14, 0, 1, 8, 7]])
    assert book.follow(rows, keep_zero=False).entries.tolist() == [-12, 0, 8]
    # Nothing takes an entry: it stays where it is.
    assert book.follow(rows[:, :4], keep_zero=True).entries.tolist() == [-12, 0, 10]


@pytest.mark.parametrize("num_codes", [2, 8, 16])
def test_scales_are_found_again_after_int8_has_rounded_the_weights(num_codes: int) -> None:
    book = fit_codebook(_ROWS, num_codes, keep_zero=False)
    values = book.values(_ROWS)
    steps = np.abs(values).max(axis=1, keepdims=True) / 127
    rounded = np.round(values / steps) * steps
    again = Codebook(book.entries, find_scales(rounded, book.entries))
    np.testing.assert_array_equal(again.codes(rounded), book.codes(_ROWS))
    np.testing.assert_allclose(again.scales, book.scales, rtol=0.01)


def test_the_same_weights_have_the_same_codebook() -> None:
    one, other = (fit_codebook(_ROWS.copy(), 8, keep_zero=False) for _ in range(2))
    assert (one.entries == other.entries).all()
    assert (one.scales == other.scales).all()


@pytest.mark.parametrize("num_codes", [1, 256])
def test_a_codebook_that_makes_no_sense_is_refused(num_codes: int) -> None:
    with pytest.raises(RecipeError, match=f"codebook of {num_codes} codes; expected 2 to 255"):
        CodebookInt8(num_codes=num_codes)


def test_it_is_had_by_name_and_keeps_zeros_after_pruning() -> None:
    assert parse(None, frozenset()) == CodebookInt8()
    assert parse("8", frozenset({"sparsity"})) == CodebookInt8(num_codes=8, keep_zeros=True)
    with pytest.raises(RecipeError, match="number of codes of many"):
        parse("many", frozenset())
