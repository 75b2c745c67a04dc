# Prints what a firmware takes of flash and RAM, from `size -A`, and from a second file the arena that its model needs.
FNR != NR { arena = $1; next }
$1 == ".text" { code = $2 }
$1 == ".rodata" || $1 == ".ARM.exidx" { constants += $2 }
$1 == ".data" { data = $2 }
$1 == ".bss" { zeroed = $2 }
$1 == ".stack" { stack = $2 }
$1 == ".model" { model = $2 }
END {
  printf "  flash  %7d bytes: code %d, constants %d, initial data %d", code + constants + data, code, constants, data
  printf model ? "; and the model %d\n" : "\n", model
  printf "  RAM    %7d bytes: variables %d, stack %d", data + zeroed + stack, data + zeroed, stack
  printf arena ? "; and the arena %d\n" : "\n", arena
}
