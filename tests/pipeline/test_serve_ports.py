"""The look at the ports before a server is started."""

import socket
from pathlib import Path

import pytest

from pipeline.config import Config, load
from pipeline.console.serve import _taken_ports


def serving(config_file: Path, host: str, port: int = 0) -> Config:
    ports = (f"serving.rest_port={port}", "serving.grpc_port=0")
    return load(config_file, [f"serving.host='{host}'", *ports])


def has_ipv6() -> bool:
    addresses = Path("/proc/net/if_inet6")
    return addresses.exists() and bool(addresses.read_text())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_free_port_is_not_complained_of(config_file: Path, host: str) -> None:
    if host == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    assert list(_taken_ports(serving(config_file, host))) == []


def test_a_port_in_use_is_named_with_the_key_that_changes_it(config_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (told,) = _taken_ports(serving(config_file, "127.0.0.1", port))
    assert told.startswith(f"cannot listen on 127.0.0.1:{port} (Address already in use): ")
    assert "--set serving.rest_port=..." in told


def test_an_address_that_is_not_this_machines_is_told_as_such(config_file: Path) -> None:
    told = list(_taken_ports(serving(config_file, "no such host")))
    assert len(told) == 2
    assert "Unknown error" not in told[0]
    assert "another address with --set serving.host=..." in told[0]
