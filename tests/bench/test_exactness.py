from __future__ import annotations

import numpy as np
import pytest

from edgekit.bench.exactness import bits_equal, compare_outputs, first_differing_element, max_abs_difference


def test_equal_outputs_are_equal() -> None:
    outputs = [[np.array([[1, 2]], np.int8)], [np.array([[3, 4]], np.int8)]]
    compared = compare_outputs(
        outputs, lambda index: [each.copy() for each in outputs[index]], lambda n: None
    )
    assert (compared.num_samples, compared.num_different, compared.first_differing_sample) == (2, 0, None)
    assert compared.max_abs_difference == 0


def test_the_largest_difference_and_the_first_sample_are_found() -> None:
    found = [[np.array([1, 2], np.int8)], [np.array([3, 100], np.int8)], [np.array([9, 9], np.int8)]]
    expected = [[np.array([1, 2], np.int8)], [np.array([3, -100], np.int8)], [np.array([8, 9], np.int8)]]
    counted: list[int] = []
    compared = compare_outputs(found, expected.__getitem__, counted.append)
    assert (compared.num_different, compared.first_differing_sample) == (2, 1)
    assert compared.max_abs_difference == 200
    assert counted == [1, 1, 1]


def test_bits_decide_and_not_values() -> None:
    nan = np.array([np.nan], np.float32)
    assert bits_equal(nan, nan.copy())
    assert not bits_equal(np.array([0.0], np.float32), np.array([-0.0], np.float32))


def test_a_difference_that_is_not_finite_has_no_number() -> None:
    found, expected = [[np.array([np.nan], np.float32)]], [[np.array([1.0], np.float32)]]
    compared = compare_outputs(found, expected.__getitem__, lambda n: None)
    assert compared.num_different == 1
    assert compared.max_abs_difference is None


def test_int8_differences_do_not_wrap_around() -> None:
    assert max_abs_difference(np.array([-128], np.int8), np.array([127], np.int8)) == 255


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float32])
def test_the_first_element_is_named_in_the_shape_of_the_tensor(dtype: type) -> None:
    expected = np.zeros((1, 2, 3), dtype)
    found = expected.copy()
    assert first_differing_element(found, expected) is None
    found[0, 1, 1] = found[0, 1, 2] = 5
    assert first_differing_element(found, expected) == (0, 1, 1)


def test_integers_may_be_off_by_the_tolerance_and_no_further() -> None:
    expected = [[np.array([1, 2], np.int8)], [np.array([3, -128], np.int8)], [np.array([9, 9], np.int8)]]
    found = [[np.array([1, 2], np.int8)], [np.array([4, -127], np.int8)], [np.array([7, 9], np.int8)]]
    compared = compare_outputs(found, expected.__getitem__, lambda n: None, tolerance_lsb=1)
    assert (compared.num_different, compared.first_differing_sample, compared.max_abs_difference) == (2, 1, 2)
    assert (compared.num_wrong, compared.first_wrong_sample) == (1, 2)
    exact = compare_outputs(found, expected.__getitem__, lambda n: None)
    assert (exact.num_wrong, exact.first_wrong_sample) == (2, 1)


def test_no_tolerance_in_lsb_is_there_for_what_has_none() -> None:
    found, expected = [[np.array([1.5], np.float32)]], [[np.array([1.0], np.float32)]]
    assert compare_outputs(found, expected.__getitem__, lambda n: None, tolerance_lsb=1).num_wrong == 1
