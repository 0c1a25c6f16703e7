"""The set-up script, run in a copy of the few files that it needs."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def scratch_clone(folder: Path) -> Path:
    """Copy what the script reads into an empty folder."""
    shutil.copy(ROOT / "install.sh", folder)
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    return folder


def only_tools(folder: Path) -> str:
    """Make a PATH with the shell's tools and no Python, no uv."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "uname"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    return str(tools)


def install(folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    """Run the script with nothing but a PATH."""
    return subprocess.run(
        ["/bin/sh", str(folder / "install.sh")],
        env={"PATH": path, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_says_what_to_install_where_no_python_can_be_had(tmp_path: Path) -> None:
    done = install(scratch_clone(tmp_path), only_tools(tmp_path))

    assert done.returncode == 1
    assert "needs Python 3.10" in done.stderr
    assert "pyenv install 3.10" in done.stderr


def test_another_python_is_not_taken(tmp_path: Path) -> None:
    tools = only_tools(tmp_path)
    impostor = Path(tools) / "python3"
    impostor.write_text("#!/bin/sh\necho 3 12\n")
    impostor.chmod(0o755)

    done = install(scratch_clone(tmp_path), tools)

    assert done.returncode == 1
    assert "needs Python 3.10" in done.stderr


@pytest.mark.parametrize("platform", ["Darwin arm64", "Darwin x86_64", "Linux aarch64"])
def test_another_platform_is_refused_before_anything_is_made(tmp_path: Path, platform: str) -> None:
    tools = only_tools(tmp_path)
    uname = Path(tools) / "uname"
    uname.unlink()
    uname.write_text(f"#!/bin/sh\necho {platform}\n")
    uname.chmod(0o755)

    done = install(scratch_clone(tmp_path), tools)

    assert done.returncode == 1
    assert f"needs Linux on x86-64, and this is {platform}: " in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_nothing_is_done_where_the_lock_is_installed(tmp_path: Path) -> None:
    clone = scratch_clone(tmp_path)
    files = [clone / "requirements" / "lock.txt", clone / "requirements" / "uv.txt"]
    content = b"".join(f.read_bytes() for f in [*files, clone / "pyproject.toml"])
    sums = subprocess.run(["cksum"], input=content, capture_output=True, check=True)
    (clone / ".venv").mkdir()
    (clone / ".venv" / ".installed").write_bytes(sums.stdout)

    done = install(clone, only_tools(tmp_path))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_says_what_takes_so_long_before_it_begins(tmp_path: Path) -> None:
    clone = scratch_clone(tmp_path)
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n[ "$1" = -c ] && echo 3 10\n')
    python.chmod(0o755)

    done = install(clone, only_tools(tmp_path))

    assert done.returncode == 1  # that of `python -m pip` above
    assert done.stdout.startswith("Installing requirements/lock.txt into .venv: ")


def test_no_registry_address_stands_in_the_lock() -> None:
    for name in ("lock.txt", "uv.txt"):
        content = (ROOT / "requirements" / name).read_text("utf-8")

        assert "://" not in content
        assert "--index" not in content


def test_every_locked_package_has_hashes() -> None:
    lines = (ROOT / "requirements" / "lock.txt").read_text("utf-8").splitlines()
    pins = [i for i, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]

    assert len(pins) > 100
    assert all("--hash=sha256:" in lines[i + 1] for i in pins)
