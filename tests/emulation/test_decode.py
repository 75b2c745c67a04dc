"""The plugin's decoder against the assembler: classes of every kind of instruction, and the registers of some."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from edgekit.cycle_model import list_timings, read_timings
from edgekit.cycle_plugin import FLAGS, plugin_sources
from edgekit.resources import find_resource_dir
from tests.emulation.snippet import COMPILER

pytestmark = pytest.mark.skipif(
    shutil.which(COMPILER) is None or shutil.which("gcc") is None, reason="needs gcc and the Arm compiler"
)
STRICT = (
    *("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wvla", "-Wstrict-prototypes"),
    *("-Wmissing-prototypes", "-Wdouble-promotion", "-Werror"),
)
HEADER = find_resource_dir("emulation") / "plugin" / "cm_instruction.h"
CLASSES = re.findall(r"X\((\w+)\)", HEADER.read_text().split("CM_CLASSES(X)")[1].split("#define")[0])

# Of the Cortex-M55, which has every encoding that the other cores have.
# fmt: off
EXAMPLES = {
    "alu":
        "add r0, r1, r2; adds r0, #1; subs r0, r1, r2; mov r8, r1; movs r0, r1; movs r0, #1; mvns r0, r1; "
        "cmp r0, #1; cmp r8, r9; tst r0, r1; teq r0, r1; cmn r0, #1; movw r0, #1000; movt r0, #1000; "
        "addw r0, r1, #1000; adr r0, 1f; add sp, #8; sub sp, #8; add r0, sp, #4; rsbs r0, r1, #0; "
        "adc r0, r1, r2; bic r0, r1, #3; orn r0, r1, r2; csel r0, r1, r2, eq; cset r0, ne; and r8, r9, r10",
    "shift":
        "lsls r0, r1, #3; lsrs r0, r1, #3; asrs r0, r1; rors r0, r1; lsl r8, r1, #3; asr r8, r9, r10; "
        "ror r8, r9, #4",
    "shifted": "add r0, r1, r2, lsl #2; eor r0, r1, r2, ror #5; cmp r0, r1, asr #31; sub r8, r9, r10, lsr #1",
    "media":
        "sxtb r0, r1; uxth r0, r1; uxtb r8, r9; sxtb16 r0, r1, ror #8; sxtab16 r0, r1, r2; rev r0, r1; "
        "rbit r0, r1; clz r0, r1; pkhbt r0, r1, r2, lsl #16; ssat r0, #8, r1, asr #3; usat r0, #8, r1; "
        "usat16 r0, #8, r1; sadd16 r0, r1, r2; qadd r0, r1, r2; uqsub8 r0, r1, r2; sel r0, r1, r2; "
        "bfi r0, r1, #3, #4; bfc r0, #3, #4; sbfx r0, r1, #3, #4; ubfx r0, r1, #3, #4",
    "multiply": "muls r0, r1, r0; mul r8, r9, r10",
    "multiply_accumulate": "mla r0, r1, r2, r3; mls r0, r1, r2, r3",
    "multiply_dsp":
        "smlad r0, r1, r2, r3; smladx r0, r1, r2, r3; smuad r0, r1, r2; smlabb r0, r1, r2, r3; "
        "smulbt r0, r1, r2; smmla r0, r1, r2, r3; smmlar r0, r1, r2, r3; smmulr r0, r1, r2; "
        "smlawb r0, r1, r2, r3; smlsd r0, r1, r2, r3",
    "multiply_long": "smull r0, r1, r2, r3; umull r0, r1, r2, r3",
    "multiply_long_accumulate":
        "smlal r0, r1, r2, r3; umlal r0, r1, r2, r3; smlald r0, r1, r2, r3; smlalbb r0, r1, r2, r3; "
        "umaal r0, r1, r2, r3",
    "divide": "sdiv r0, r1, r2; udiv r0, r1, r2",
    "load":
        "ldr r0, [r1]; ldr r0, [r1, #4]; ldr r0, [sp, #4]; ldr r0, [r1, r2]; ldr r0, [r1, r2, lsl #2]; "
        "ldrb r0, [r1], #1; ldrb r8, [r1, #100]; ldrsb r0, [r1, #-4]; ldrsh r0, [r1, r2]; ldrh r0, [r1, #2]; "
        "ldr r0, 1f; ldr r0, [r1, #4]!; ldrex r0, [r1]",
    "load_double": "ldrd r0, r1, [r2]; ldrd r0, r1, [r2], #8; ldrd r0, r1, [r2, #8]!",
    "load_multiple": "ldm r0!, {r1-r4}; ldm r8, {r0-r7}; ldmdb r0, {r1, r2}; pop {r4-r6}; pop {r4, r8}",
    "store":
        "str r0, [r1]; str r0, [sp, #4]; strb r0, [r1], #1; strh r8, [r1, #100]; str r0, [r1, #-4]!; "
        "strex r0, r1, [r2]",
    "store_indexed": "str r0, [r1, r2]; strb r0, [r1, r2]; strh r8, [r1, r2, lsl #1]",
    "store_double": "strd r0, r1, [r2]; strd r0, r1, [r2, #8]!",
    "store_multiple": "stm r0!, {r1-r4}; stmdb r8!, {r0-r7}; push {r4-r6}; push {r4-r6, lr}; push {r4, r8}",
    "branch": "beq 1f; b 1f; beq.w 1f; b.w 1f",
    "branch_compare": "cbz r0, 1f; cbnz r0, 1f",
    "branch_link": "bl 1f",
    "branch_register": "bx lr; mov pc, r0",
    "branch_register_link": "blx r0",
    "branch_table": "tbb [r0, r1]; tbh [r0, r1, lsl #1]",
    "load_pc": "ldr pc, [r0]; ldr pc, [sp], #4",
    "load_multiple_pc": "pop {r4, pc}; pop {r4, r8, pc}; ldm r0, {r1, pc}",
    "loop_start": "dls lr, r1; wls lr, r1, 1f; dlstp.8 lr, r1; wlstp.16 lr, r1, 1f; lctp",
    "loop_end": "le lr, 0b; letp lr, 0b",
    "hint": "nop; nop.w; wfi; pld [r0, #4]",
    "barrier": "dsb; isb; dmb",
    "system": "cpsid i; mrs r0, primask; msr primask, r0",
    "fp_alu":
        "vadd.f32 s0, s1, s2; vsub.f32 s0, s1, s2; vcmp.f32 s0, s1; vcvt.s32.f32 s0, s1; vneg.f32 s0, s1; "
        "vmov.f32 s0, #1.0; vmov.f32 s0, s1; vadd.f64 d0, d1, d2; vmaxnm.f32 s0, s1, s2",
    "fp_multiply": "vmul.f32 s0, s1, s2; vnmul.f32 s0, s1, s2",
    "fp_multiply_accumulate": "vmla.f32 s0, s1, s2; vfma.f32 s0, s1, s2; vfnms.f32 s0, s1, s2",
    "fp_divide": "vdiv.f32 s0, s1, s2; vsqrt.f32 s0, s1",
    "fp_move":
        "vmov s0, r1; vmov r1, s0; vmov d0, r1, r2; vmrs apsr_nzcv, fpscr; vmsr fpscr, r1; "
        "vmov.32 q0[1], r2; vmov.u8 r2, q0[3]; vmsr p0, r1",
    "fp_load": "vldr s0, [r0]; vldr d1, [r0, #8]",
    "fp_load_multiple": "vldmia r0!, {s0-s3}; vpop {d8-d15}",
    "fp_store": "vstr s0, [r0]; vstr d1, [r0]",
    "fp_store_multiple": "vstmia r0!, {s0-s3}; vpush {d8-d15}",
    "vector_alu":
        "vadd.i32 q0, q1, q2; vadd.i8 q0, q1, r3; vsub.i8 q0, q1, r3; vrshl.s32 q0, q1, q2; "
        "vrshl.s32 q0, r3; vshl.i32 q0, q1, #3; vshr.s32 q0, q1, #31; vshrnb.i16 q0, q1, #3; "
        "vqmovnb.s32 q0, q1; vqmovunt.s16 q0, q1; vmovnt.i16 q0, q1; vmovlb.s8 q0, q1; vshllb.s8 q0, q1, #8; "
        "vmax.s8 q0, q1, q2; vand q0, q1, q2; vmov q0, q1; vmov.i32 q0, #5; vdup.32 q0, r1; vdup.8 q3, r1; "
        "vrev32.8 q0, q1; vcmp.s32 gt, q0, q1; vcmp.s32 gt, q0, r1; vpsel q0, q1, q2; vidup.u8 q0, r2, #1; "
        "viwdup.u8 q0, r2, r3, #1; vhadd.s8 q0, q1, q2; vqadd.s8 q0, q1, r2; vabs.s8 q0, q1; "
        "vqrshl.s32 q0, q1, q2; vsri.32 q0, q1, #3; vadc.i32 q0, q1, q2",
    "vector_multiply":
        "vmul.i32 q0, q1, q2; vmul.i8 q0, q1, r3; vmla.s32 q0, q1, r3; vmlas.s32 q0, q1, r3; "
        "vmulh.s8 q0, q1, q2; vrmulh.s32 q0, q1, q2; vqdmulh.s32 q0, q1, q2; vqrdmulh.s32 q0, q1, q2; "
        "vqrdmulh.s32 q0, q1, r3; vqrdmlah.s32 q0, q1, r3; vmullb.s8 q0, q1, q2; vmullt.u16 q0, q1, q2; "
        "vqdmullb.s16 q0, q1, q2; vqdmladh.s16 q0, q1, q2",
    "vector_multiply_across":
        "vmladav.s8 r2, q0, q1; vmladava.u8 r4, q5, q7; vmladavax.s16 r4, q5, q7; vmladav.s32 r2, q0, q1; "
        "vmlaldava.s16 r2, r3, q0, q1; vrmlaldavh.s32 r2, r3, q0, q1; vmlsdav.s16 r0, q0, q1; "
        "vmlsdav.s8 r0, q0, q1",
    "vector_add_across":
        "vaddv.s32 r0, q1; vaddva.u8 r0, q1; vaddlv.s32 r0, r1, q1; vmaxv.s8 r0, q1; vminv.u16 r0, q1; "
        "vabav.u8 r0, q1, q2",
    "vector_float":
        "vadd.f32 q0, q1, q2; vmul.f32 q0, q1, q2; vfma.f32 q0, q1, q2; vfma.f32 q0, q1, r2; "
        "vcmul.f32 q0, q1, q2, #90; vcmla.f32 q0, q1, q2, #90",
    "vector_move": "vmov q0[2], q0[0], r2, r3; vmov r2, r3, q0[2], q0[0]; vctp.8 r0; vpnot",
    "vector_load":
        "vldrb.u8 q0, [r0]; vldrb.u8 q0, [r0], #16; vldrb.s32 q1, [r2, #4]!; vldrh.u16 q1, [r2]; "
        "vldrw.u32 q7, [r8, #16]; vldrh.s32 q1, [r2, #4]",
    "vector_store": "vstrb.8 q3, [r1], #16; vstrw.32 q3, [r1]; vstrb.16 q3, [r1]; vstrh.32 q3, [r1, #4]",
    "vector_gather":
        "vldrb.u8 q0, [r0, q1]; vldrb.u32 q0, [r0, q1]; vldrh.u16 q0, [r0, q1, uxtw #1]; "
        "vldrw.u32 q0, [r0, q1, uxtw #2]; vldrw.u32 q0, [q1, #4]; vldrw.u32 q0, [q1, #4]!; "
        "vldrd.u64 q0, [q1, #8]",
    "vector_scatter": "vstrb.8 q0, [r0, q1]; vstrw.32 q0, [q1, #4]; vstrh.16 q0, [r0, q1, uxtw #1]",
    "vector_interleave_load":
        "vld20.8 {q0, q1}, [r0]; vld21.8 {q0, q1}, [r0]!; vld40.16 {q0, q1, q2, q3}, [r0]",
    "vector_interleave_store": "vst20.8 {q0, q1}, [r0]; vst43.32 {q0, q1, q2, q3}, [r0]!",
}
# fmt: on
CASES = [
    pytest.param(name, code.strip(), id=f"{name}: {code.strip()}")
    for name, codes in EXAMPLES.items()
    for code in codes.split(";")
]


class Instruction(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint8),
        ("count", ctypes.c_uint8),
        ("size", ctypes.c_uint8),
        ("reads", ctypes.c_uint32),
        ("addresses", ctypes.c_uint32),
        ("accumulates", ctypes.c_uint32),
        ("writes", ctypes.c_uint32),
        ("updates", ctypes.c_uint32),
    )


Decode = Callable[[int, int], Instruction]


@pytest.fixture(scope="module")
def decode(tmp_path_factory: pytest.TempPathFactory) -> Decode:
    library = tmp_path_factory.mktemp("decoder") / "decoder.so"
    flags = [each for each in FLAGS if "visibility" not in each]
    sources = [str(each) for each in plugin_sources() if each.name.startswith("cm_decode")]
    subprocess.run(["gcc", *flags, *STRICT, *sources, "-o", str(library)], check=True, timeout=120)
    function = ctypes.CDLL(str(library)).cm_decode
    function.restype, function.argtypes = Instruction, [ctypes.c_uint16, ctypes.c_uint16]
    return function


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Each example by itself, in one file: a label before and one behind it."""
    folder = tmp_path_factory.mktemp("examples")
    source, made = folder / "examples.s", folder / "examples.o"
    codes = [code.strip() for text in EXAMPLES.values() for code in text.split(";")]
    parts = [
        f'.section .text.c{number}, "ax"\n.balign 4\n0: nop\nnop\n'
        f"s{number}:\n{code}\ne{number}:\nnop\n.balign 4\n1: .word 0\n"
        for number, code in enumerate(codes)
    ]
    source.write_text(".syntax unified\n.thumb\n" + "".join(parts))
    command = [COMPILER, "-c", "-mcpu=cortex-m55", "-mthumb", "-mfpu=auto", "-mfloat-abi=hard"]
    done = subprocess.run(
        [*command, str(source), "-o", str(made)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with made.open("rb") as file:
        elf = ELFFile(file)
        at = {each.name: each["st_value"] for each in elf.get_section_by_name(".symtab").iter_symbols()}
        return {
            code: elf.get_section_by_name(f".text.c{number}").data()[at[f"s{number}"] : at[f"e{number}"]]
            for number, code in enumerate(codes)
        }


def halves(code: bytes) -> tuple[int, int]:
    assert len(code) in (2, 4)
    return int.from_bytes(code[:2], "little"), int.from_bytes(code[2:], "little")


@pytest.mark.parametrize(("name", "code"), CASES)
def test_an_instruction_is_of_its_class(
    name: str, code: str, decode: Decode, assembled: dict[str, bytes]
) -> None:
    found = decode(*halves(assembled[code]))
    assert CLASSES[found.kind] == name
    assert found.size == len(assembled[code])


def test_every_class_but_it_has_an_example() -> None:
    assert set(EXAMPLES) | {"it"} == set(CLASSES)


@pytest.mark.parametrize("path", list_timings(), ids=lambda path: path.stem)
def test_a_core_s_file_weighs_only_classes_that_there_are(path: Path) -> None:
    assert set(read_timings(path).weights) <= set(CLASSES)


def core(*numbers: int) -> int:
    return sum(1 << each for each in numbers)


def q(*numbers: int) -> int:
    return sum(3 << 16 + 2 * each for each in numbers)


# Reads, addresses, accumulates, writes, updates.
REGISTERS = {
    "add r0, r1, r2": (core(1, 2), 0, 0, core(0), 0),
    "adds r0, #1": (core(0), 0, 0, core(0), 0),
    "cmp r8, r9": (core(8, 9), 0, 0, 0, 0),
    "movt r0, #1000": (core(0), 0, 0, core(0), 0),
    "smlad r0, r1, r2, r3": (core(1, 2), 0, core(3), core(0), 0),
    "smuad r0, r1, r2": (core(1, 2), 0, 0, core(0), 0),
    "smlal r0, r1, r2, r3": (core(2, 3), 0, core(0, 1), core(0, 1), 0),
    "ldr r0, [r1, r2, lsl #2]": (0, core(1, 2), 0, core(0), 0),
    "ldrb r0, [r1], #1": (0, core(1), 0, core(0), core(1)),
    "str r0, [r1, #-4]!": (core(0), core(1), 0, 0, core(1)),
    "ldm r0!, {r1-r4}": (0, core(0), 0, core(1, 2, 3, 4), core(0)),
    "push {r4-r6, lr}": (core(4, 5, 6, 14), core(13), 0, 0, core(13)),
    "ldrd r0, r1, [r2], #8": (0, core(2), 0, core(0, 1), core(2)),
    "vmladava.u8 r4, q5, q7": (q(5, 7), 0, core(4), core(4), 0),
    "vmlaldava.s16 r2, r3, q0, q1": (q(0, 1), 0, core(2, 3), core(2, 3), 0),
    "vmla.s32 q0, q1, r3": (q(1) | core(3), 0, q(0), q(0), 0),
    "vldrb.u8 q0, [r0, q1]": (0, core(0) | q(1), 0, q(0), 0),
    "vstrb.8 q3, [r1], #16": (q(3), core(1), 0, 0, core(1)),
    "viwdup.u8 q0, r2, r3, #1": (core(2, 3), 0, 0, q(0), core(2)),
}


@pytest.mark.parametrize("code", REGISTERS)
def test_an_instruction_needs_and_gives_its_registers(
    code: str, decode: Decode, assembled: dict[str, bytes]
) -> None:
    found = decode(*halves(assembled[code]))
    sets = (found.reads, found.addresses, found.accumulates, found.writes, found.updates)
    assert tuple(map(hex, sets)) == tuple(map(hex, REGISTERS[code]))


def test_the_plugin_compiles_without_a_warning(tmp_path: Path) -> None:
    for level in ("-O2", "-Os"):
        flags = [each for each in FLAGS if not each.startswith("-O")]
        command = [
            "gcc",
            *flags,
            level,
            *STRICT,
            *map(str, plugin_sources()),
            "-o",
            str(tmp_path / "plugin.so"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
