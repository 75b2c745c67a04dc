"""Builds the fuzz targets, runs each for FUZZ_SECONDS (60), prints executions and coverage; 1 if there is a finding.

Corpora stay in build/fuzz/corpus, so that every run goes on where the last one ended. A finding is a file in
build/fuzz/findings: fix what it shows, then keep it, as small as it can be, in tests/firmware/crashes/<target>/.
build/fuzz-results.json has the figures of this run, and the executions of all runs since the last finding.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from edgekit.files import write_atomically

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "fuzz"
CRASHES = ROOT / "tests" / "firmware" / "crashes"
SEEDS = {"load": "models", "run": "models", "wire": "wire"}
MAX_INPUT_BYTES = 4096
"""Room for a mutator to grow seeds of half that; larger inputs are slow and show nothing that small ones cannot."""
SLOWEST_INPUT_S = 20
RESULTS = ROOT / "build" / "fuzz-results.json"


@dataclass
class Outcome:
    target: str
    log: str
    seconds: float
    executions: int
    edges: int
    """As libFuzzer counts them; the branches of the sanitizers are among them."""
    features: int
    """Edges, by how often one input takes them."""
    findings: list[Path]


def main() -> int:
    seconds = int(os.environ.get("FUZZ_SECONDS", "60"))
    cores = os.cpu_count() or 1
    if shutil.which("clang") is None:
        print(
            "fuzz: clang is not installed; on Debian or Ubuntu: apt install clang and libclang-rt-…-dev",
            file=sys.stderr,
        )
        return 1
    make("all")
    seed = [sys.executable, str(ROOT / "scripts" / "make_fuzz_seeds.py"), str(BUILD / "seeds")]
    subprocess.run(seed, check=True)
    with ThreadPoolExecutor(min(cores, len(SEEDS))) as pool:
        outcomes = list(pool.map(lambda target: run(target, seconds), SEEDS))
    for outcome in outcomes:
        print_outcome(outcome)
    executions, num_findings = (
        sum(each.executions for each in outcomes),
        sum(len(each.findings) for each in outcomes),
    )
    print(f"fuzz, all targets: {executions} executions, {num_findings} findings")
    coverage = {} if num_findings else measure_coverage()
    record(outcomes, coverage)
    return 1 if num_findings else 0


def record(outcomes: list[Outcome], coverage: dict[str, dict[str, float]]) -> None:
    before = json.loads(RESULTS.read_text())["since_last_finding"] if RESULTS.is_file() else {}
    found = any(each.findings for each in outcomes)
    results = {
        "targets": {
            each.target: {
                "executions": each.executions,
                "seconds": round(each.seconds, 1),
                "edges": each.edges,
                "features": each.features,
                "findings": [str(path.relative_to(ROOT)) for path in each.findings],
            }
            for each in outcomes
        },
        "since_last_finding": {
            each.target: 0 if found else before.get(each.target, 0) + each.executions for each in outcomes
        },
        "coverage": coverage,
    }
    write_atomically(RESULTS, json.dumps(results, indent=2).encode() + b"\n")


def make(goal: str) -> None:
    cores = os.cpu_count() or 1
    command = [
        "make",
        "--no-print-directory",
        f"-j{cores}",
        "-C",
        str(ROOT / "firmware" / "fuzz"),
        f"BUILD={BUILD}",
    ]
    subprocess.run([*command, goal], check=True, stdout=subprocess.DEVNULL)


def run(target: str, seconds: int) -> Outcome:
    """One process on one core."""
    corpus, findings = BUILD / "corpus" / target, BUILD / "findings" / target
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    seeds = [BUILD / "seeds" / SEEDS[target], CRASHES / target]
    options = [f"-max_len={MAX_INPUT_BYTES}", f"-timeout={SLOWEST_INPUT_S}", f"-artifact_prefix={findings}/"]
    minimise(target, corpus)
    command = [
        str(BUILD / f"fuzz_{target}"),
        f"-max_total_time={seconds}",
        *options,
        "-print_final_stats=1",
        str(corpus),
        *(str(each) for each in seeds if each.is_dir()),
    ]
    # Freed memory is kept apart for a while, to catch uses after it; less of that keeps the caches warm. Where memory
    # came from costs a walk over the stack each time; it is told when a finding is reproduced.
    environment = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=4:malloc_context_size=0"}
    began = time.monotonic()
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=environment, check=False
    )
    spent = time.monotonic() - began
    (BUILD / f"{target}.log").write_text(done.stderr)
    executions = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    found = sorted(set(findings.iterdir()) - before)
    if done.returncode != 0 and not found:
        found = [BUILD / f"{target}.log"]
    reached = re.findall(r" cov: (\d+) ft: (\d+) ", done.stderr)
    return Outcome(
        target,
        done.stderr,
        spent,
        int(executions[1]) if executions else 0,
        int(reached[-1][0]) if reached else 0,
        int(reached[-1][1]) if reached else 0,
        found,
    )


def minimise(target: str, corpus: Path) -> None:
    """Leaves the smallest files that reach what all of them reach: what came of runs past is mostly superseded."""
    smaller = corpus.with_name(f"{target}.smaller")
    shutil.rmtree(smaller, ignore_errors=True)
    smaller.mkdir()
    command = [
        str(BUILD / f"fuzz_{target}"),
        "-merge=1",
        f"-max_len={MAX_INPUT_BYTES}",
        str(smaller),
        str(corpus),
    ]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode == 0 and any(smaller.iterdir()):
        shutil.rmtree(corpus)
        smaller.rename(corpus)
    else:  # there is nothing yet, or a file of the corpus is a finding by now: the run will tell
        shutil.rmtree(smaller)


def print_outcome(outcome: Outcome) -> None:
    rate = outcome.executions / outcome.seconds
    print(
        f"fuzz {outcome.target}: {outcome.executions} executions in {outcome.seconds:.0f} s ({rate:.0f}/s), "
        f"{outcome.edges} edges, {outcome.features} features, {len(outcome.findings)} findings"
    )
    if outcome.findings:
        print("\n".join(line for line in outcome.log.splitlines() if not line.startswith("#"))[-6000:])
    for each in outcome.findings:
        program = BUILD / f"fuzz_{outcome.target}"
        print(
            f"fuzz {outcome.target}: the C runtime fails on the input {each}; `{program} {each}` reproduces it."
            if each.parent != BUILD
            else f"fuzz {outcome.target}: the target ended without leaving an input; {each} is what it said."
        )


def measure_coverage() -> dict[str, dict[str, float]]:
    """Prints what all corpora together reach of the runtime's sources, without sanitizers and the targets' own code."""
    tools = [find_tool("llvm-profdata"), find_tool("llvm-cov")]
    if None in tools:
        print("fuzz: no coverage without llvm-profdata and llvm-cov; on Debian or Ubuntu: apt install llvm")
        return {}
    make("cover")
    profiles = BUILD / "profiles"
    shutil.rmtree(profiles, ignore_errors=True)
    for target in SEEDS:
        replay(target, profiles)
    merged = profiles / "all.profdata"
    listed = [str(each) for each in profiles.glob("*.profraw")]
    subprocess.run([str(tools[0]), "merge", "-sparse", "-o", str(merged), *listed], check=True)
    first, *others = (str(BUILD / f"cover_fuzz_{target}") for target in SEEDS)
    objects = [each for other in others for each in ("-object", other)]
    command = [
        str(tools[1]),
        "export",
        "-format=text",
        "-summary-only",
        f"-instr-profile={merged}",
        first,
        *objects,
    ]
    ignored = "-ignore-filename-regex=/fuzz/|boards/"
    done = subprocess.run([*command, ignored], check=True, capture_output=True, text=True)
    report = json.loads(done.stdout)["data"][0]
    for kind in ("functions", "lines", "branches"):
        total = report["totals"][kind]
        print(
            f"fuzz, coverage of the runtime: {total['covered']} of {total['count']} {kind} ({total['percent']:.1f} %)"
        )
    least = sorted(
        (each for each in report["files"] if each["summary"]["lines"]["count"]),
        key=lambda each: float(each["summary"]["lines"]["percent"]),
    )[:5]
    named = (f"{Path(each['filename']).name} {each['summary']['lines']['percent']:.0f} %" for each in least)
    print(f"fuzz, least covered: {', '.join(named)} of lines")
    return {
        kind: {key: report["totals"][kind][key] for key in ("covered", "count")}
        for kind in ("functions", "lines", "branches")
    }


def replay(target: str, profiles: Path) -> None:
    folders = (BUILD / "corpus" / target, BUILD / "seeds" / SEEDS[target])
    files = [str(each) for folder in folders for each in sorted(folder.iterdir())]
    for start in range(0, len(files), 500):
        environment = {**os.environ, "LLVM_PROFILE_FILE": str(profiles / f"{target}_{start}.profraw")}
        command = [str(BUILD / f"cover_fuzz_{target}"), *files[start : start + 500]]
        subprocess.run(command, check=True, capture_output=True, env=environment)


def find_tool(name: str) -> str | None:
    """Debian appends the version to the names of LLVM's tools unless the package without one is installed."""
    done = subprocess.run(["clang", "-dumpversion"], capture_output=True, text=True, check=True)
    return shutil.which(name) or shutil.which(f"{name}-{done.stdout.split('.')[0]}")


if __name__ == "__main__":
    sys.exit(main())
