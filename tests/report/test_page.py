from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from edgekit.bench.result import BenchmarkResult, BitExact, DifferingOperator, Memory, Warning
from edgekit.report.page import render_page

Make = Callable[..., BenchmarkResult]
EVIL = "<script>alert(1)</script>\"'&$x$"
_VOID = {"meta", "br", "hr", "img", "input", "link"}


class Outline(HTMLParser):
    """Collects tags, attributes and text, and checks that tags close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def both(make_result: Make) -> list[BenchmarkResult]:
    return [make_result(), make_result(device="qemu_mps2_an386", emulated=True)]


def many(make_result: Make) -> list[BenchmarkResult]:
    return [
        make_result(
            f"model_{i:02d}", device, emulated=device == "qemu", num_correct=200 + 5 * i, median=10 * 3**i
        )
        for i in range(10)
        for device in ("local", "pi", "qemu")
    ]


def test_a_page_has_a_row_and_a_section_for_each_result(make_result: Make) -> None:
    page = render_page(many(make_result))
    outline = Outline(page)
    ids = [
        value for name, value in outline.attributes if name == "id" and value and value.startswith("result-")
    ]
    assert ids == [f"result-{i}" for i in range(1, 31)]
    links = [
        value
        for name, value in outline.attributes
        if name == "href" and value and value.startswith("#result")
    ]
    assert set(links) == {f"#{each}" for each in ids}


def test_the_numbers_are_those_of_the_results(make_result: Make) -> None:
    text = Outline(render_page(both(make_result))).text
    for expected in (
        "41.5 µs", "2.66 M instructions", "2,656,760", "6.0 KiB arena", "38.0 KiB flash", "58.2 MiB RSS",
        "98.3 %", "96.4 to 99.2 %, n = 360", "✓ bit-exact", "360 of 360 outputs", "CONV_2D",
    ):  # fmt: skip
        assert expected in text


def test_the_page_loads_nothing(make_result: Make) -> None:
    page = render_page(both(make_result))
    outline = Outline(page)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & set(outline.tags)
    addresses = [
        value for name, value in outline.attributes if name in ("href", "src", "xlink:href", "action")
    ]
    assert addresses
    assert all(value is not None and value.startswith("#") for value in addresses)
    assert "http:" not in page
    assert "https:" not in page
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []


def test_ids_are_unique_also_between_plots(make_result: Make) -> None:
    outline = Outline(render_page(both(make_result)))
    ids = [value for name, value in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_equal_results_give_equal_bytes_in_any_order(make_result: Make) -> None:
    results = many(make_result)
    assert render_page(results) == render_page(results[::-1])


def test_names_from_files_stay_text(make_result: Make) -> None:
    evil = make_result(EVIL, EVIL, warnings=(Warning("x", EVIL),))
    evil = replace(evil, hardware=replace(evil.hardware, title=EVIL), host={EVIL: EVIL}, board=EVIL)
    evil = replace(
        evil, bit_exact=BitExact(EVIL, False, 2, 1, 1.0, 0, DifferingOperator(0, EVIL, 1, EVIL, (0,), 1, 2))
    )
    page = render_page([evil])
    outline = Outline(page)
    assert "script" not in outline.tags
    assert "<script" not in page.lower()
    assert outline.text.count("<script>alert(1)</script>\"'&$x$") >= 8


def test_emulated_numbers_are_never_called_time(make_result: Make) -> None:
    page = render_page([make_result(device="qemu", emulated=True)])
    text = Outline(page).text
    assert "Instructions (emulated)" in text
    assert "emulated, not time" in text
    assert "µs" not in text
    assert re.search(r"\d m?s\b", text) is None
    assert "Accuracy against latency" not in text


def test_latency_and_instructions_have_plots_of_their_own(make_result: Make) -> None:
    text = Outline(render_page(both(make_result))).text
    captions = [
        "Accuracy against model size",
        "Accuracy against latency",
        "Accuracy against instructions (emulated)",
    ]
    assert [text.count(each) for each in captions] == [1, 1, 1]


def test_what_was_not_measured_is_said_and_not_shown_as_zero(make_result: Make) -> None:
    bare = make_result(
        accuracy=None, bit_exact=None, latency_us=None, memory=Memory(500), conditions=None, link=None,
        evaluation=None, complete=False, device_identity=None,
    )  # fmt: skip
    text = Outline(render_page([bare])).text
    assert text.count("not measured") >= 3
    assert "not checked" in text
    assert "incomplete" in text
    assert "None" not in text
    assert "Accuracy against" in text.split("Each result")[0] or "Accuracy against model size" not in text
    assert re.search(r"\b0(\.0)? (µs|%|B|KiB)", text) is None


def test_a_difference_names_operator_and_element(make_result: Make) -> None:
    operator = DifferingOperator(3, "SOFTMAX", 7, "probabilities", (0, 4), -12, -13)
    result = make_result(bit_exact=BitExact("the reference", False, 360, 17, 2, 4, operator))
    text = Outline(render_page([result])).text
    assert "✗ differs 17 of 360 outputs, by at most 2" in text
    assert "On sample 4 operator 3 SOFTMAX differs first" in text
    assert "element [0, 4], expected -12, found -13" in text


def test_warnings_say_which_of_them_make_a_result_unstable(make_result: Make) -> None:
    warnings = (Warning("spread", "the runs scatter", True), Warning("governor", "the governor is powersave"))
    text = Outline(render_page([make_result(warnings=warnings)])).text
    assert "unstable the runs scatter" in text
    assert "warning the governor is powersave" in text


@pytest.mark.parametrize("size", [1, 4, 5])
def test_few_results_are_open_and_many_are_folded(make_result: Make, size: int) -> None:
    outline = Outline(render_page([make_result(f"m{i}") for i in range(size)]))
    assert ("open", None) in outline.attributes or size > 4
    assert (("open", None) in outline.attributes) == (size <= 4)


def test_an_area_under_the_curve_has_plots_of_its_own(make_result: Make) -> None:
    top1 = make_result()
    assert top1.accuracy is not None
    anomaly = make_result("ad", accuracy=replace(top1.accuracy, metric="auc", value=0.9794, num_correct=None))
    page = Outline(render_page([top1, anomaly]))
    labels = [value for name, value in page.attributes if name == "aria-label"]
    assert {"accuracy against model size", "AUC against model size"} <= set(labels)
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(set(ids)) == len(ids)
    assert "AUC 0.979" in page.text
