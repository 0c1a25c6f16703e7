"""Paths on a volume: what is one, and what only sounds so."""

import pytest

from kubeflow.mounts import NEEDED, hides, is_taken, on_volume


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/malmoi/models/문의", True),
        ('{"base": "/malmoi/models"}', True),
        ('{\\"base\\": \\"/malmoi/models\\"}', True),
        ("--temp_location=/malmoi/tmp", True),
        ("s3://malmoi/runs", False),
        ("--temp_location=gs://malmoi/tmp", False),
        ("/s3/malmoi/runs", False),
        ("/문의/malmoi/runs", False),
        ("../malmoi/runs", False),
        ("/malmoi-old/models", False),
        ("/malmoi", False),
    ],
)
def test_a_path_on_a_volume_begins_with_its_mount_path(text: str, found: bool) -> None:
    assert bool(on_volume("/malmoi").search(text)) is found


def test_a_mount_path_is_taken_literally() -> None:
    assert not on_volume("/mal.oi").search("/malmoi/models")


@pytest.mark.parametrize(
    ("mount_path", "taken"),
    [
        ("/app", True),
        ("/app/models", True),
        ("/x/../gcs", True),
        ("/kfp-launcher", True),
        ("/apps", False),
        ("/malmoi/app", False),
        ("/문의", False),
    ],
)
def test_a_folder_that_every_container_has_is_taken(mount_path: str, taken: bool) -> None:
    assert is_taken(mount_path) is taken


@pytest.mark.parametrize(
    ("mount_path", "hidden"),
    [
        ("/opt", ["/opt/malmoi"]),
        ("/opt/malmoi", ["/opt/malmoi"]),
        ("/usr", ["/usr/bin", "/usr/lib", "/usr/lib64", "/usr/local"]),
        ("/usr/lib", ["/usr/lib"]),
        ("/lib64", ["/lib64"]),
        ("/x/../etc", ["/etc"]),
        ("/..", list(NEEDED)),
        ("/opt/malmoi-models", []),
        ("/usr/local/models", []),
        ("/말모이", []),
    ],
)
def test_a_volume_hides_what_the_image_has_there_and_below(
    mount_path: str, hidden: list[str]
) -> None:
    assert hides(mount_path) == hidden
