"""How far a convolution's output may lie over its input, against a simulation that goes through every pixel."""

from __future__ import annotations

import ctypes

from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.host_runtime import load_library


def geometry(same: bool, size: int, stride: int, dilation: int, taps: int) -> tuple[int, int]:
    """Output size and padding of one axis, as TFLite defines them."""
    extent = (taps - 1) * dilation + 1
    out = (size + stride - 1) // stride if same else (size + stride - extent) // stride
    return out, max(0, (out - 1) * stride + extent - size) // 2


def simulate(axes: list[dict[str, int]], batches: int, in_bytes: int, out_bytes: int) -> int:
    """The smallest lag: after each pixel is written up to its end, no later (or own) read may lie below that.

    `axes` are height and width.
    """
    height, width = axes
    in_image, out_image = height["size"] * width["size"], height["out"] * width["out"]

    def first_read(axis: dict[str, int], position: int) -> int | None:
        origin = position * axis["stride"] - axis["pad"]
        inside = [origin + k * axis["dilation"] for k in range(axis["taps"])]
        return next((each for each in inside if 0 <= each < axis["size"]), None)

    reads = []
    for batch in range(batches):
        for y in range(height["out"]):
            for x in range(width["out"]):
                row, column = first_read(height, y), first_read(width, x)
                if row is None or column is None:
                    reads.append(batches * in_image * in_bytes)
                else:
                    reads.append((batch * in_image + row * width["size"] + column) * in_bytes)
    lag, needed = 0, batches * in_image * in_bytes
    for index in range(batches * out_image - 1, -1, -1):
        needed = min(needed, reads[index])
        lag = max(lag, (index + 1) * out_bytes - needed)
    return lag


@st.composite
def axis(draw: st.DrawFn, same: bool) -> dict[str, int]:
    stride, dilation, taps = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 6))
    extent = (taps - 1) * dilation + 1
    size = draw(st.integers(1 if same else extent, extent + 12))
    out, pad = geometry(same, size, stride, dilation, taps)
    names = ("stride", "dilation", "taps", "size", "out", "pad")
    return dict(zip(names, (stride, dilation, taps, size, out, pad), strict=True))


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(data=st.data(), same=st.booleans(), batches=st.integers(1, 3), in_bytes=st.integers(1, 9))
def test_the_lag_is_safe_and_at_most_two_rows_more_than_needed(
    data: st.DataObject, same: bool, batches: int, in_bytes: int
) -> None:
    axes = [data.draw(axis(same)), data.draw(axis(same))]
    out_bytes = data.draw(st.integers(1, 9))
    numbers = [each[name] for name in ("stride", "dilation", "taps", "size", "out", "pad") for each in axes]
    lag = load_library().ek_host_window_lag((ctypes.c_int32 * 12)(*numbers), batches, in_bytes, out_bytes)
    exact = simulate(axes, batches, in_bytes, out_bytes)
    assert exact <= lag
    row_bytes = max(axes[1]["size"] * in_bytes, axes[1]["out"] * out_bytes)
    assert lag <= exact + 2 * axes[0]["dilation"] * axes[0]["taps"] * row_bytes


def test_a_pointwise_convolution_needs_one_pixel_and_a_3x3_one_row_more() -> None:
    library = load_library()
    pointwise = (ctypes.c_int32 * 12)(1, 1, 1, 1, 1, 1, 25, 5, 25, 5, 0, 0)
    assert library.ek_host_window_lag(pointwise, 1, 64, 64) == 64
    same_3x3 = (ctypes.c_int32 * 12)(1, 1, 1, 1, 3, 3, 25, 5, 25, 5, 1, 1)
    assert library.ek_host_window_lag(same_3x3, 1, 64, 64) == (5 + 2) * 64
