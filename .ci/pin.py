"""Pin dependencies: `pin.py [--check] [OPTION...]` writes each requirements*.txt from the .in file of its name.

A pin stays while its .in file allows it. The options are those of `uv pip compile`: `--upgrade` raises every pin,
`--upgrade-package NAME` one. With `--check` nothing is written, and a file that would change is an error.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
ALL = "requirements-dev"
PARTS_OF_ALL = ("requirements", "requirements-own-redis")
ALONE = "requirements-fuzz"
COMPILE = (
    *(sys.executable, "-m", "uv", "pip", "compile", "--quiet"),
    *("--python", sys.executable, "--python-version", "3.11", "--universal"),
    *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
    *("--custom-compile-command", "python .ci/pin.py"),
)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--check", action="store_true")
    known, options = parser.parse_known_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in CHECKOUT.glob("requirements*"):
            shutil.copy(path, folder)
        for compiled in (ALL, ALONE):
            compile_in(folder, compiled, *options)
        for part in PARTS_OF_ALL:
            # uv keeps the pins that it finds: so a part has those of the whole.
            shutil.copy(folder / f"{ALL}.txt", folder / f"{part}.txt")
            compile_in(folder, part)
        changed = [path.name for path in sorted(folder.glob("*.txt")) if is_changed(path)]
        if known.check:
            sys.exit(f"run .ci/pin.py: {', '.join(changed)} disagree with their .in files" if changed else 0)
        for file in changed:
            shutil.copy(folder / file, CHECKOUT)
    print(f"written: {', '.join(changed) or 'nothing'}")


def compile_in(folder: Path, name: str, *options: str) -> None:
    # In that folder, so that the comments name files without a path.
    subprocess.run([*COMPILE, f"{name}.in", "--output-file", f"{name}.txt", *options], cwd=folder, check=True)


def is_changed(path: Path) -> bool:
    present = CHECKOUT / path.name
    return not present.exists() or present.read_bytes() != path.read_bytes()


if __name__ == "__main__":
    main(sys.argv[1:])
