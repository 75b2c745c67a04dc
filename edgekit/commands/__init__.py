"""One subcommand per file: a module with `HELP`, `add_arguments(parser)` and `run(args) -> int`."""
