"""One module a command; each has ``main(options) -> exit code``."""
