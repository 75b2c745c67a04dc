"""The cycle model against cycles added up by hand from the manuals that the cores' files name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgekit import cycle_counter
from edgekit.cycle_model import find_timings
from edgekit.errors import EdgekitError
from tests.emulation.snippet import (
    M0,
    M4,
    M4_WITH_WAIT_STATES,
    M7,
    M55,
    MACHINES,
    RETURN,
    Machine,
    cycles_of,
    needs_emulator,
    run_snippet,
)

pytestmark = needs_emulator

LOOP = "movs r1, #10\n1: subs r1, #1\nbne 1b"
THREE_LOADS = "ldr r1, [r0]\nldr r2, [r0, #4]\nldr r3, [r0, #8]"
# Title, cores, assembly, sum.
SNIPPETS = [
    ("LDM of four: 1 + N", "M0", "mov r5, r0\nldm r5!, {r1-r4}", 1 + 5),
    ("LDM of four: 1 + N", "M3 M4", "ldm r0, {r1-r4}", 5),
    ("STM of three: 1 + N", "M0 M3 M4", "mov r5, r0\nnop\nstm r5!, {r1-r3}", 1 + 1 + 4),
    ("ten rounds, nine branches taken at 3, one not at 1", "M0 M3 M4", LOOP, 1 + 10 + 9 * 3 + 1),
    ("a multiplication by the fast multiplier", "M0 M3 M4", "muls r1, r2, r1", 1),
    ("multiply-accumulate", "M3", "mla r1, r2, r3, r4", 2),
    ("multiply-accumulate", "M4", "mla r1, r2, r3, r4", 1),
    ("a product of 64 bits, the most of 3 to 5", "M3", "smull r1, r2, r3, r4", 5),
    ("a product of 64 bits", "M4", "smull r1, r2, r3, r4", 1),
    ("a quotient, the most of 2 to 12", "M3 M4", "udiv r1, r0, r0", 12),
    ("loads that do not pipeline", "M0", THREE_LOADS, 2 + 2 + 2),
    ("loads that pipeline", "M3 M4", THREE_LOADS, 2 + 1 + 1),
    ("a load whose address the load before gives", "M3 M4", "ldr r1, [r0]\nldr r2, [r1]", 2 + 2),
    ("an instruction between loads ends the pipelining", "M3 M4", "ldr r1, [r0]\nnop\nldr r2, [r0]", 2 + 1 + 2),
    ("an address that was computed just before", "M3 M4", "adds r1, r0, #4\nldr r2, [r1]", 1 + 1 + 2),
    ("an address that was computed earlier", "M3 M4", "adds r1, r0, #4\nnop\nldr r2, [r1]", 1 + 1 + 2),
    ("no such stall", "M0", "adds r1, r0, #4\nldr r2, [r1]", 1 + 2),
    ("a store with an immediate offset", "M3 M4", "str r1, [r0, #4]", 1),
    ("a store", "M0", "str r1, [r0, #4]", 2),
    ("a store with an offset in a register", "M3 M4", "movs r2, #0\nnop\nstr r1, [r0, r2]", 1 + 1 + 2),
    ("two words: 1 + N", "M3 M4", "ldrd r1, r2, [r0]", 3),
    ("a compare and branch that is taken", "M3 M4", "movs r1, #0\ncbz r1, 1f\nnop\n1:", 1 + 3),
    ("a compare and branch that is not", "M3 M4", "movs r1, #1\ncbz r1, 1f\nnop\n1:", 1 + 1 + 1),
    ("three dual products", "M4", "smlad r1, r2, r3, r1\n" * 3, 3),
    ("floating point: load 2, add 1, and 1 until it can be used", "M4",
     "vldr s0, [r0]\nvadd.f32 s2, s4, s6\nvadd.f32 s8, s2, s2", 2 + 1 + 1 + 1),
    ("a value that is loaded, used at once", "M33 M55", "ldr r1, [r0]\nadds r2, r1, #1", 1 + 1 + 1),
    ("a value that is loaded, used later", "M33 M55", "ldr r1, [r0]\nnop\nadds r2, r1, #1", 3),
    ("products of products wait", "M33", "mul r1, r2, r1\n" * 2 + "mul r1, r2, r1\nnop", 1 + 2 + 2 + 1),
    ("addends of products do not", "M33", "smlad r1, r2, r3, r1\n" * 3 + "nop", 3 + 1),
    ("a taken branch of 3", "M33 M55", "b 1f\nnop\n1:", 3),
    ("pairs", "M7", "adds r1, #1\nadds r2, #1\nadds r3, #1\nadds r4, #1", 2),
    ("what needs the result before it does not pair", "M7", "adds r1, #1\nadds r1, #1\nadds r1, #1\nadds r2, #1", 3),
    ("there is one multiplier", "M7", "mul r1, r2, r3\nmul r4, r2, r3\nmul r5, r2, r3\nnop", 2 + 1 + 1),
    ("LDM goes alone, a word a cycle", "M7", "ldm r0, {r1-r4}", 4),
    ("vector instructions of two units overlap", "M55",
     "vldrb.u8 q0, [r0]\nvadd.i8 q1, q2, q3\nvldrb.u8 q4, [r0]\nvadd.i8 q5, q2, q3", 4),
    ("those of one unit take two cycles each", "M55",
     "vldrb.u8 q0, [r0]\nvldrb.u8 q1, [r0]\nvldrb.u8 q2, [r0]", 1 + 2 + 2),
    ("sums of products take the multiplier for two cycles", "M55",
     "vmladava.s8 r2, q0, q1\nvmladava.s8 r4, q0, q1", 1 + 2),
    ("a gather moves two bytes a cycle", "M55", "vldrb.u8 q0, [r0, q1]", 8),
    ("a scatter too", "M55", "vstrb.8 q0, [r0, q1]", 8),
    ("a loop's end is free", "M55",
     "mov r12, lr\nmovs r1, #10\ndls lr, r1\n1: adds r2, #1\nle lr, 1b\nmov lr, r12", 1 + 1 + 1 + 10 + 1),
]  # fmt: skip
CASES = [
    pytest.param(core, code, cycles, id=f"{core}: {title}")
    for title, cores, code, cycles in SNIPPETS
    for core in cores.split()
]


@pytest.mark.parametrize(("core", "code", "cycles"), CASES)
def test_a_snippet_takes_the_cycles_that_the_manual_adds_up_to(
    core: str, code: str, cycles: int, tmp_path: Path
) -> None:
    assert cycles_of(MACHINES[core], code, tmp_path) == cycles


@pytest.mark.parametrize(("core", "branches"), [("M0", 3 + 4), ("M3", 3 + 3), ("M4", 3 + 3), ("M33", 3 + 3)])
def test_an_empty_run_is_its_return_and_the_call_that_ends_it(
    core: str, branches: int, tmp_path: Path
) -> None:
    (run,) = run_snippet(MACHINES[core], RETURN, tmp_path)
    assert (run.instructions, run.cycles, run.taken_branches) == (2, branches, 2)
    assert run.classes == {"branch_register": 1, "branch_link": 1}


@pytest.mark.parametrize(
    ("core", "cycles"), [("M0", (1 + 4) + (4 + 4) + 4), ("M4", (1 + 4) + (1 + 4 + 2) + 3)]
)
def test_a_return_by_pop_counts_its_registers_and_the_refill(core: str, cycles: int, tmp_path: Path) -> None:
    (run,) = run_snippet(MACHINES[core], "push {r4-r6, lr}\npop {r4-r6, pc}", tmp_path)
    assert run.cycles == cycles


def test_instructions_are_counted_by_class(tmp_path: Path) -> None:
    body = f"{LOOP}\nldm r0, {{r1-r4}}\nsmlad r1, r2, r3, r1\nssat r1, #8, r1\n{RETURN}"
    (run,) = run_snippet(M4, body, tmp_path)
    assert run.classes == {
        "alu": 11, "branch": 10, "load_multiple": 1, "multiply_dsp": 1, "media": 1,
        "branch_register": 1, "branch_link": 1,
    }  # fmt: skip
    assert run.instructions == sum(run.classes.values())
    assert run.taken_branches == 9 + 2


@pytest.mark.parametrize("machine", [M4, M7, M55], ids=["M4", "M7", "M55"])
def test_where_the_emulator_cuts_its_blocks_changes_nothing(machine: Machine, tmp_path: Path) -> None:
    # QEMU cuts after 512 instructions and at pages of 1 KiB; loads pipeline across such a cut, pairs and units too.
    pattern = "ldr r1, [r0]\nldr r2, [r0, #4]\nadds r3, #1\n"
    short, long = (cycles_of(machine, pattern * count, tmp_path) for count in (200, 1000))
    assert long == 5 * short


def test_long_code_pipelines_from_its_first_load_to_its_last(tmp_path: Path) -> None:
    assert cycles_of(M4, "ldr r1, [r0]\n" * 1500, tmp_path) == 2 + 1499


def test_the_same_run_takes_the_same_again(tmp_path: Path) -> None:
    first, *others = run_snippet(M4, f"{LOOP}\n{RETURN}", tmp_path, num_runs=5)
    assert others == [first] * 4


def test_a_line_of_flash_costs_its_wait_states_once(tmp_path: Path) -> None:
    # Eight halfwords a line: the return is the last of the fourth line, or of the first.
    four, one = (
        run_snippet(M4_WITH_WAIT_STATES, "nop\n" * (8 * lines - 1) + RETURN, tmp_path)[0] for lines in (4, 1)
    )
    assert four.flash_stalls - one.flash_stalls == 3 * 5
    assert four.cycles - one.cycles == 3 * 8 + 3 * 5


def test_a_loop_out_of_the_flash_s_cache_waits_no_more(tmp_path: Path) -> None:
    ten = run_snippet(M4_WITH_WAIT_STATES, f"{LOOP}\n{RETURN}", tmp_path)[0]
    hundred = run_snippet(M4_WITH_WAIT_STATES, f"{LOOP}\n{RETURN}".replace("#10", "#100"), tmp_path)[0]
    assert ten.flash_stalls == hundred.flash_stalls > 0
    first, second = run_snippet(M4_WITH_WAIT_STATES, f"{LOOP}\n{RETURN}", tmp_path, num_runs=2)
    assert second.flash_stalls < first.flash_stalls


def test_reading_data_from_flash_waits_too(tmp_path: Path) -> None:
    # Two lines, the first of them read twice.
    code = "ldr r1, =0x{address:x}\nldr r2, [r1]\nldr r2, [r1, #16]\nldr r2, [r1, #4]\n" + RETURN + "\n.ltorg"
    in_flash, in_ram = (
        run_snippet(M4_WITH_WAIT_STATES, code.format(address=each), tmp_path)[0]
        for each in (0x08080000, 0x20000100)
    )
    assert in_flash.flash_stalls - in_ram.flash_stalls == 2 * 5


def test_an_m0_without_the_table_s_classes_is_not_given_a_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = find_timings("Cortex-M0")
    assert timings is not None
    without = replace(
        timings, weights={key: each for key, each in timings.weights.items() if key != "multiply"}
    )
    monkeypatch.setattr(cycle_counter, "find_timings", lambda core: without)
    with pytest.raises(EdgekitError, match=r"cortex_m0\.toml has no weight for multiply"):
        run_snippet(M0, f"muls r1, r2, r1\n{RETURN}", tmp_path)
    assert run_snippet(M0, RETURN, tmp_path)[0].cycles == 7
