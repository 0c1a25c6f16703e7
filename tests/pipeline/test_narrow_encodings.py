"""A terminal whose encoding lacks a sign that the data have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MALMOI = Path(sys.executable).with_name("malmoi")


@pytest.mark.parametrize(("encoding", "shown"), [("euc-kr", "'본문?'"), ("utf-8", "'본문🙏'")])
def test_a_sign_that_the_terminal_lacks_is_a_question_mark(
    tmp_path: Path, encoding: str, shown: str
) -> None:
    rows = "".join(
        f"{number}번째 문의입니다,{'환불' if number % 2 else '배송'}\n" for number in range(20)
    )
    (tmp_path / "rows.csv").write_text("본문🙏,label\n" + rows, "utf-8")

    done = subprocess.run(
        [MALMOI, "init", "rows.csv"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert f"text: {shown} has the longest values" in done.stdout.decode(encoding)
