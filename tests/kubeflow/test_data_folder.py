"""The rows' common folder and the paths within it."""

from typing import Any

import pytest

from components.text_example_gen.source import TextSource
from kubeflow.data_folder import DataFolderError, split_off


def source(**paths: Any) -> TextSource:
    return TextSource.model_validate({"columns": {"text": "문의", "label": "갈래"}, **paths})


@pytest.mark.parametrize(
    ("paths", "bucket", "uri", "train", "evaluation"),
    [
        ({"train": "/rows/a.csv"}, "s3://b/rows", "s3://b/rows", "a.csv", None),
        ({"train": "/rows/a.csv"}, "gs://b/rows/", "gs://b/rows", "a.csv", None),
        (
            {"train": "/d/train/a.csv", "eval": "/d/test/b.csv"},
            "minio://b/d",
            "minio://b/d",
            "train/a.csv",
            "test/b.csv",
        ),
        ({"train": "s3://b/rows/a.csv"}, None, "s3://b/rows", "a.csv", None),
        (
            {"train": "gs://b/r/span-{SPAN}/*.csv", "eval": "gs://b/r/test.csv"},
            None,
            "gs://b/r",
            "span-{SPAN}/*.csv",
            "test.csv",
        ),
        ({"train": "/d/{DATE}/문의*.csv"}, "s3://b/d", "s3://b/d", "{DATE}/문의*.csv", None),
        ({"train": "/d/part-[0-9]/a.csv"}, "s3://b/d", "s3://b/d", "part-[0-9]/a.csv", None),
        ({"train": "s3://b/rows/a.csv"}, "s3://copy/r", "s3://copy/r", "a.csv", None),
    ],
)
def test_paths_are_cut_at_the_folder_that_holds_them_all(
    paths: dict[str, str], bucket: str | None, uri: str, train: str, evaluation: str | None
) -> None:
    relative, found = split_off(source(**paths), bucket)

    assert (found, relative.train, relative.eval) == (uri, train, evaluation)


def test_unlabelled_and_served_texts_and_excludes_move_along() -> None:
    given = source(
        train="/d/train.csv",
        unlabelled={"path": "/d/more/*.csv", "id": "번호", "exclude": ["/d/test.csv"]},
        served={"path": "/d/served.csv"},
    )

    relative, _ = split_off(given, "s3://b/d")

    assert relative.unlabelled is not None
    assert relative.served is not None
    assert relative.unlabelled.path == "more/*.csv"
    assert relative.unlabelled.exclude == ("test.csv",)
    assert relative.served.path == "served.csv"


def test_the_folder_holds_excluded_files_too() -> None:
    given = source(
        train="/d/rows/train.csv",
        unlabelled={"path": "/d/rows/more.csv", "id": "번호", "exclude": ["/d/시험/test.csv"]},
    )

    relative, _ = split_off(given, "s3://b/d")

    assert relative.unlabelled is not None
    assert (relative.train, relative.unlabelled.path) == ("rows/train.csv", "rows/more.csv")
    assert relative.unlabelled.exclude == ("시험/test.csv",)


@pytest.mark.parametrize(
    ("paths", "bucket", "message"),
    [
        ({"train": "/rows/a.csv"}, None, "kubeflow.data: is missing; .* a copy of /rows"),
        ({"train": "/a.csv"}, "s3://b", "expected all paths in one folder"),
        (
            {"train": "/d/a.csv", "eval": "s3://b/t.csv"},
            "s3://b",
            "expected all paths in one place",
        ),
        ({"train": "s3://b/rows//a.csv"}, None, "without `//`.* got s3://b/rows//a.csv"),
        ({"train": "s3://b//rows/a.csv"}, None, "without `//`.* got s3://b//rows/a.csv"),
        ({"train": "s3:///rows/a.csv"}, None, "without `//`.* got s3:///rows/a.csv"),
        ({"train": "s3://b/./rows/a.csv"}, None, "without `//`.* got s3://b/./rows/a.csv"),
        ({"train": "s3://b/d/../a.csv"}, None, r"without `//`.* got s3://b/d/\.\./a.csv"),
        ({"train": "s3://b/d/{SPAN}//a.csv"}, None, "without `//`"),
        (
            {"train": "s3://b/./a.csv", "eval": "s3://b/평가//e.csv"},
            None,
            "got s3://b/./a.csv, s3://b/평가//e.csv",
        ),
        ({"train": "/d/a.csv"}, "s3://b//rows", "without `//`.* got s3://b//rows"),
        ({"train": "/d/a.csv"}, "s3://b/../rows", r"without `//`.* got s3://b/\.\./rows"),
        ({"train": "/d/a.csv"}, "s3://b", "no whole bucket; expected a folder in s3://b, such as"),
        ({"train": "/d/a.csv"}, "s3://b/", "no whole bucket; expected a folder in s3://b, such as"),
        ({"train": "gs://b/a.csv"}, None, "no whole bucket; .* such as gs://b/rows"),
        ({"train": "hdfs://b/d/a.csv"}, None, "the launcher reads gs, s3, minio, not hdfs://b/d"),
    ],
)
def test_rows_that_no_launcher_could_bring_are_refused(
    paths: dict[str, str], bucket: str | None, message: str
) -> None:
    with pytest.raises(DataFolderError, match=message):
        split_off(source(**paths), bucket)
