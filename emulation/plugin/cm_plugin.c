/* SPDX-License-Identifier: Apache-2.0 */
/* The QEMU plugin: shows what is executed to the counter. It reads no register and writes nothing into the guest, and
 * what it adds to a block is no guest instruction, so `-icount` counts as it would without it. */
#include <stdio.h>
#include <unistd.h>

#include "cm_counter.h"
#include "qemu_plugin.h"

int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static cm_counter_t counter = {
    .core = {.issue_width = 1u},
    .flash = {.line_bytes = 4u, .instructions = {.num_lines = 1u}, .data = {.num_lines = 1u}},
    .output = -1,
};

static void on_block(unsigned int vcpu, void *block) {
  (void)vcpu;
  cm_run_block(&counter, block);
}

static void on_access(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *userdata) {
  (void)vcpu;
  (void)userdata;
  if (counter.is_running && !qemu_plugin_mem_is_store(info)) {
    const uint32_t stalls = cm_flash_read(&counter.flash, &counter.flash.data, (uint32_t)address, 1u);
    counter.cycles += stalls;
    counter.flash_stalls += stalls;
  }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(tb);
  if (count == 0u) {
    return;
  }
  cm_block_t *block = cm_new_block((uint32_t)qemu_plugin_tb_vaddr(tb), count);
  for (size_t i = 0; i < count; ++i) {
    struct qemu_plugin_insn *each = qemu_plugin_tb_get_insn(tb, i);
    cm_set_instruction(block, i, qemu_plugin_insn_data(each), qemu_plugin_insn_size(each));
    if (counter.flash.wait_states > 0u) {
      /* QEMU 7.2 calls back for nothing where it is asked for reads alone. */
      qemu_plugin_register_vcpu_mem_cb(each, on_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
    }
  }
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, block);
}

/* Instead of "ready": why not. The host gives `output` before all else. */
static int refuse(const char *why, const char *which) {
  dprintf(counter.output >= 0 ? counter.output : STDERR_FILENO, "%s%s\n", why, which);
  return 1;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    if (!cm_set_option(&counter, argv[i])) {
      return refuse("the plugin does not know ", argv[i]);
    }
  }
  const cm_flash_t *flash = &counter.flash;
  if (counter.core.issue_width == 0u || flash->line_bytes == 0u || flash->instructions.num_lines - 1u >= CM_MAX_LINES ||
      flash->data.num_lines - 1u >= CM_MAX_LINES) {
    return refuse("the plugin was given a figure that is out of range", "");
  }
  /* QEMU has named its serial port by now: only this tells the host that it goes on with the model. */
  if (write(counter.output, "ready\n", 6u) != 6) {
    return refuse("the plugin cannot write", "");
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  return 0;
}
