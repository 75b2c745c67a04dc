/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target on the files of its command line, without libFuzzer: for findings of the past, under any compiler. */
#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
  (void)data;
  (void)max_size;
  return size;
}

static int replay(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
    fprintf(stderr, "cannot read %s\n", path);
    return 1;
  }
  const long size = ftell(file);
  rewind(file);
  uint8_t *data = malloc((size_t)size + 1u);
  REQUIRE(data != NULL && fread(data, 1, (size_t)size, file) == (size_t)size);
  (void)fclose(file);
  fprintf(stderr, "%s\n", path);
  (void)LLVMFuzzerTestOneInput(data, (size_t)size);
  free(data);
  return 0;
}

int main(int argc, char **argv) {
  int status = 0;
  for (int i = 1; i < argc; ++i) {
    status |= replay(argv[i]);
  }
  return status;
}
