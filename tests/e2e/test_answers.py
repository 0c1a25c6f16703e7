"""The pushed model answers: on the command line, on a test file, over HTTP."""

import csv
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sklearn.metrics import accuracy_score, f1_score

from serving.client import predict
from serving.settings import Endpoints

TEXTS = ["배송이 너무 늦어요", "환불해 주세요 ㅠㅠ", "주문을 취소하고 싶습니다", "ㅋㅋㅋ", "🙏"]
LABELS = {"배송 지연", "주문 취소", "환불 요청"}
PATIENCE_S = 60


@pytest.fixture
def test_rows(house: Any) -> list[tuple[str, str]]:
    with (house.folder / "test.csv").open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


@contextmanager
def served(command: list[str], environment: dict[str, str]) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_arguments_are_answered_in_their_order(
    house: Any, first: Any, malmoi: Callable[..., Any]
) -> None:
    done = malmoi("predict", house.config, *TEXTS)
    assert (done.status, done.err.count("Traceback")) == (0, 0)
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert [text for _, text in lines] == TEXTS
    assert all(answer.rsplit(" ", 1)[0] in LABELS for answer, _ in lines)


def test_lines_of_standard_input_are_answered_like_arguments(
    house: Any, first: Any, malmoi: Callable[..., Any]
) -> None:
    done = malmoi("predict", house.config, stdin="\r\n".join(TEXTS) + "\n")
    assert done.out == malmoi("predict", house.config, *TEXTS).out


def test_top_gives_so_many_labels_best_first(
    house: Any, first: Any, malmoi: Callable[..., Any]
) -> None:
    for top in (2, 9):
        answer = malmoi("predict", house.config, TEXTS[0], "--top", top, "--json").json()
        (row,) = answer["answers"]
        assert len(row["labels"]) == min(top, len(LABELS))
        assert list(row["labels"].values()) == sorted(row["labels"].values(), reverse=True)
    assert row["text"] == TEXTS[0]
    assert set(row["labels"]) == LABELS
    assert sum(row["labels"].values()) == pytest.approx(1.0, abs=1e-5)
    assert str(answer["version"]) == house.versions()[-1]


def test_odd_texts_are_answered_too(house: Any, first: Any, malmoi: Callable[..., Any]) -> None:
    odd = [
        "",
        " ",
        "ㅠㅠㅠㅠㅠㅠ",
        "\u1107\u1162\u1109\u1169\u11bc",
        "hello 세계 мир",
        "가" * 10_000,
    ]
    answers = malmoi("predict", house.config, "--json", "--", *odd).json()["answers"]
    assert [row["text"] for row in answers] == odd


def test_no_text_at_all_gets_no_answer(house: Any, first: Any, malmoi: Callable[..., Any]) -> None:
    done = malmoi("predict", house.config, "--json")
    assert (done.status, done.json()["answers"]) == (0, [])


def test_a_text_that_is_no_utf8_is_refused_with_its_line(
    house: Any, first: Any, malmoi: Callable[..., Any]
) -> None:
    done = malmoi("predict", house.config, stdin=b"hello\n" + "배송".encode("cp949"))
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        "standard input, line 2: byte 1 is not UTF-8; convert the text first, such as with "
        "iconv -f cp949 -t utf-8\n"
    )


def test_evaluate_agrees_with_scikit_learn_on_what_predict_answers(
    house: Any, first: Any, malmoi: Callable[..., Any], test_rows: list[tuple[str, str]]
) -> None:
    texts, actual = zip(*test_rows, strict=True)
    answers = malmoi("predict", house.config, "--json", "--", *texts).json()["answers"]
    predicted = [next(iter(row["labels"])) for row in answers]
    score = malmoi("evaluate", house.config, house.folder / "test.csv", "--json").json()
    assert (score["rows"], score["unusable"]) == (len(texts), 0)
    assert score["accuracy"] == accuracy_score(actual, predicted)
    assert score["macro_f1"] == pytest.approx(f1_score(actual, predicted, average="macro"))


def test_evaluate_shows_a_table_by_label(
    house: Any, first: Any, malmoi: Callable[..., Any]
) -> None:
    done = malmoi("evaluate", house.config, house.folder / "test.csv")
    assert done.out.startswith(f"version {house.versions()[-1]} on 60 rows (0 unusable)\naccuracy ")
    assert {line.split("  ")[-1] for line in done.out.splitlines()[5:]} == LABELS


def test_serve_answers_over_http_until_it_is_terminated(
    house: Any,
    first: Any,
    malmoi: Callable[..., Any],
    command: str,
    environment: dict[str, str],
) -> None:
    ports = ["--set", "serving.rest_port=0", "--set", "serving.grpc_port=0"]
    line = [command, "serve", str(house.config), "--backend", "embedded", *ports]
    with served(line, environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("enquiries: ")
        address = Endpoints.from_start_line(process.stdout.readline()).rest
        answers = predict(address, "enquiries", TEXTS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    rows = malmoi("predict", house.config, "--top", 3, "--json", *TEXTS).json()["answers"]
    assert [[label for label, _ in answer.ranked] for answer in answers] == [
        list(row["labels"]) for row in rows
    ]
    for answer, row in zip(answers, rows, strict=True):
        assert answer.probability == pytest.approx(max(row["labels"].values()), abs=1e-6)
