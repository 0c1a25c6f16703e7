#!/bin/sh
# Prepares .venv: Python 3.10, every dependency at its locked version, and this project.
# Does nothing when the lock has not changed since the last time, and refuses other platforms.
set -eu
cd "$(dirname "$0")"

lock=requirements/lock.txt
stamp=.venv/.installed
wanted=$(cat "$lock" requirements/uv.txt pyproject.toml | cksum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && exit 0

platform=$(uname -sm)
if [ "$platform" != "Linux x86_64" ]; then
    cat >&2 <<END
Malmoi needs Linux on x86-64, and this is $platform: TFX's own packages (tfx-bsl, ml-metadata) have
wheels for that and for macOS on Intel only, and requirements/lock.txt is made for Linux. Run the
same command in a virtual machine or a container of Linux on x86-64.
END
    exit 1
fi

is_310() { [ "$("$1" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null)" = "3 10" ]; }

make_venv() {
    for python in python3.10 python3 python; do
        if is_310 "$python"; then
            "$python" -m venv --clear .venv && return 0
            echo "$python cannot make a virtual environment (Debian: apt install python3.10-venv)" >&2
        fi
    done
    # uv, where it works, can fetch a Python of its own.
    if uv --version >/dev/null 2>&1; then
        uv venv --clear --seed --python 3.10 .venv && return 0
    fi
    cat >&2 <<'END'
Malmoi needs Python 3.10 (the newest that TFX 1.16 supports), and found none as python3.10,
python3 or python on PATH. Install one of these and run the same command again:
  - uv (https://docs.astral.sh/uv), which fetches Python 3.10 by itself
  - pyenv, then: pyenv install 3.10
  - your system's package python3.10 with python3.10-venv
END
    return 1
}

is_310 .venv/bin/python || make_venv
echo "Installing $lock into .venv: 3.4 GB, some minutes the first time"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    -r requirements/uv.txt
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
echo "$wanted" > "$stamp"
echo "Installed into .venv"
