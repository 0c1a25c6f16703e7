"""The server's command line, with `tensorflow_model_server`'s flag names."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from serving.settings import RequestLimits, RetryPolicy, ServerSettings

_DESCRIPTION = (
    "Embedded server with TensorFlow Serving's API, for machines without TensorFlow Serving. "
    "Flags follow tensorflow_model_server's; those marked (own) are this server's."
)
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")


def read_flags(arguments: Sequence[str] | None = None) -> ServerSettings:
    """The settings that the command line gives; exits with status 2 and a message on a fault."""
    parser = _parser()
    flags = parser.parse_args(arguments)
    try:
        return ServerSettings(
            model_name=flags.model_name,
            model_base_path=flags.model_base_path,
            model_config_file=flags.model_config_file,
            model_config_file_poll_wait_seconds=flags.model_config_file_poll_wait_seconds,
            file_system_poll_wait_seconds=flags.file_system_poll_wait_seconds,
            host=flags.host,
            port=flags.port,
            rest_api_port=flags.rest_api_port,
            enable_batching=flags.enable_batching,
            batching_parameters_file=flags.batching_parameters_file,
            retry=RetryPolicy(flags.max_num_load_retries, flags.load_retry_interval_micros),
            limits=RequestLimits(
                flags.max_request_bytes,
                flags.request_timeout_s,
                flags.max_running_requests,
                flags.max_waiting_requests,
            ),
        )
    except ValueError as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.server",
        description=_DESCRIPTION,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_models(parser)
    _add_ports(parser)
    _add_batching(parser)
    _add_limits(parser)
    return parser


def _add_models(parser: argparse.ArgumentParser) -> None:
    group, default = parser.add_argument_group("models"), ServerSettings(model_base_path=Path())
    group.add_argument("--model_name", default=default.model_name, help="name in the API's paths")
    group.add_argument("--model_base_path", type=Path, help="folder of numeric version folders")
    group.add_argument("--model_config_file", type=Path, help="ModelServerConfig in text form")
    group.add_argument(
        "--model_config_file_poll_wait_seconds",
        type=float,
        default=default.model_config_file_poll_wait_seconds,
        help="seconds between two readings of the file; 0 reads it once",
    )
    group.add_argument(
        "--file_system_poll_wait_seconds",
        type=float,
        default=default.file_system_poll_wait_seconds,
        help="seconds between two looks for new versions",
    )
    retry = RetryPolicy()
    group.add_argument(
        "--max_num_load_retries",
        type=int,
        default=retry.max_num_load_retries,
        help="further attempts for a version that failed to load",
    )
    group.add_argument(
        "--load_retry_interval_micros",
        type=int,
        default=retry.load_retry_interval_micros,
        help="pause between two attempts",
    )


def _add_ports(parser: argparse.ArgumentParser) -> None:
    group, default = parser.add_argument_group("ports"), ServerSettings(model_base_path=Path())
    group.add_argument("--host", default=default.host, help="(own) address to listen on")
    group.add_argument(
        "--port", type=int, default=default.port, help="gRPC; 0 lets the system choose"
    )
    group.add_argument(
        "--rest_api_port",
        type=int,
        default=default.rest_api_port,
        help="REST; 0 lets the system choose (it turns REST off in TensorFlow Serving)",
    )


def _add_batching(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("batching")
    group.add_argument(
        "--enable_batching",
        type=_switch,
        nargs="?",
        const=True,
        default=False,
        help="join the requests of several clients into one run",
    )
    group.add_argument(
        "--batching_parameters_file", type=Path, help="BatchingParameters in text form"
    )


def _add_limits(parser: argparse.ArgumentParser) -> None:
    group, default = parser.add_argument_group("limits"), RequestLimits()
    group.add_argument(
        "--max_request_bytes",
        type=int,
        default=default.max_request_bytes,
        help="(own) largest REST body or gRPC message",
    )
    group.add_argument(
        "--request_timeout_s",
        type=float,
        default=default.request_timeout_s,
        help="(own) seconds that a request may take",
    )
    group.add_argument(
        "--max_running_requests",
        type=int,
        default=default.running,
        help="(own) requests worked on at a time",
    )
    group.add_argument(
        "--max_waiting_requests",
        type=int,
        default=default.waiting,
        help="(own) requests held beyond these; more are refused",
    )


def _switch(text: str) -> bool:
    if text.lower() not in _TRUE + _FALSE:
        raise argparse.ArgumentTypeError(f"expected true or false, not {text!r}")
    return text.lower() in _TRUE
