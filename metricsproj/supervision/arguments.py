"""The command-line arguments that `up` and `serve` share."""

import argparse

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8003


def add_address(parser: argparse.ArgumentParser) -> None:
    """Add `--host` and `--port`."""
    parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=port_number, default=DEFAULT_PORT, help="port to listen on (default: %(default)s)"
    )


def port_number(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535 (0 takes a free one)")
    return int(text)


def process_count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes from 1 to 64")
    return int(text)
