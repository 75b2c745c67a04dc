"""The page in the browser that people open it with."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import write_result
from edgekit.cli import main

Make = Callable[..., BenchmarkResult]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (apt-get install chromium)"
)


@dataclass
class Browser:
    profile: Path
    address: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        assert CHROMIUM is not None
        quiet = (
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage",
        )  # fmt: skip
        # Whatever the page would fetch over HTTP arrives at this proxy, which counts.
        network = (f"--proxy-server={self.address}", "--proxy-bypass-list=<-loopback>")
        return subprocess.run(
            [CHROMIUM, *quiet, *network, f"--user-data-dir={self.profile}", *arguments],
            check=True, capture_output=True, text=True, timeout=120,
        )  # fmt: skip


@pytest.fixture
def requests() -> list[str]:
    return []


@pytest.fixture
def browser(tmp_path: Path, requests: list[str]) -> Iterator[Browser]:
    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_error(404)

        do_CONNECT = do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Browser(tmp_path / "profile", f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def page(make_result: Make, tmp_path: Path) -> Path:
    paths = []
    for name, result in (("a", make_result()), ("b", make_result(device="qemu_mps2_an386", emulated=True))):
        paths.append(tmp_path / f"{name}.json")
        write_result(result, paths[-1])
    out = tmp_path / "report.html"
    assert main(["report", *map(str, paths), "--out", str(out)]) == 0
    return out


def of_this_page(requests: list[str]) -> list[str]:
    """Without the calls that Chromium itself makes to its maker, whatever page is open."""
    return [each for each in requests if not any(name in each for name in ("google", "gstatic", "gvt1"))]


def test_the_browser_shows_every_result_and_asks_the_network_for_nothing(
    browser: Browser, page: Path, requests: list[str]
) -> None:
    document = browser.run("--dump-dom", page.as_uri()).stdout
    for expected in (
        "digits_int8",
        "qemu_mps2_an386",
        "41.5 µs",
        "2.66 M instructions",
        "✓ bit-exact",
        "CONV_2D",
    ):
        assert expected in document
    assert document.count("<svg") == 3
    assert of_this_page(requests) == []


def test_the_proxy_would_have_seen_a_request(browser: Browser, tmp_path: Path, requests: list[str]) -> None:
    loud = tmp_path / "loud.html"
    loud.write_text('<img src="http://edgekit.test/pixel.png">')
    browser.run("--dump-dom", loud.as_uri())
    assert any("edgekit.test" in each for each in of_this_page(requests))


def test_the_policy_stops_a_request_that_slipped_in(
    browser: Browser, page: Path, requests: list[str]
) -> None:
    page.write_text(page.read_text().replace("</main>", '<img src="http://edgekit.test/pixel.png"></main>'))
    browser.run("--dump-dom", page.as_uri())
    assert of_this_page(requests) == []


@pytest.mark.parametrize(("scheme", "bright"), [("light", True), ("dark", False)])
def test_the_picture_is_not_blank_in_light_and_in_dark(
    browser: Browser, page: Path, tmp_path: Path, scheme: str, bright: bool
) -> None:
    from matplotlib.image import imread

    picture = tmp_path / "page.png"
    setting = {"light": "1", "dark": "0"}[scheme]
    browser.run(
        f"--screenshot={picture}", "--window-size=1200,1600",
        f"--blink-settings=preferredColorScheme={setting}",
        page.as_uri(),
    )  # fmt: skip
    pixels = imread(picture)[..., :3]
    assert pixels.shape[:2] == (1600, 1200)
    paper = np.median(pixels)
    assert (paper > 0.8) is np.True_ if bright else paper < 0.2
    assert (np.abs(pixels - paper).max(axis=2) > 0.3).mean() > 0.01
    assert len(np.unique((pixels * 255).astype(np.uint8).reshape(-1, 3), axis=0)) > 50


def test_the_page_prints_with_all_details(browser: Browser, make_result: Make, tmp_path: Path) -> None:
    paths = []
    for number in range(5):
        paths.append(tmp_path / f"{number}.json")
        write_result(make_result(f"m{number}"), paths[-1])
    out, paper = tmp_path / "many.html", tmp_path / "many.pdf"
    assert main(["report", *map(str, paths), "--out", str(out)]) == 0
    browser.run(f"--print-to-pdf={paper}", out.as_uri())
    content = paper.read_bytes()
    assert content.startswith(b"%PDF")
    # Five folded sections take more than one sheet only if they are unfolded on paper.
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") >= 4
