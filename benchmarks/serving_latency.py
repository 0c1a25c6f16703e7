"""Latency of the embedded server: p50, p99 and requests per second, with and without batching.

    python benchmarks/serving_latency.py [--model BASE_PATH | --layers 4] [--requests 400]

`--model` is a base path with numeric version folders whose `serving_default` takes one string
input. Without it a toy is built: characters are embedded, averaged and sent through dense layers of
1,024 units. The server runs in a process of its own, clients are threads of this one, and a request
holds one text.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import grpc
import httpx

from serving.settings import Endpoints

CLIENTS = (1, 8)
WARM_UP = 30  # requests before the clock starts: the first runs choose kernels
TEXT = "배우들의 연기도 좋고 음악도 좋았는데 결말이 조금 아쉬웠어요"
MODEL = "toy"
BATCHING = "max_batch_size { value: 32 }\nbatch_timeout_micros { value: 2000 }\n"
EAGER_BATCHING = "max_batch_size { value: 32 }\nbatch_timeout_micros { value: 0 }\n"

Ask = Callable[[], None]


@dataclass(frozen=True)
class Figures:
    """Milliseconds at the median and the 99th percentile, and requests per second."""

    p50_ms: float
    p99_ms: float
    per_second: float


def build_toy(path: Path, *, layers: int) -> None:
    """Saves a toy whose weight is in its dense layers: 4 MB and 1 million multiplications each."""
    import tensorflow as tf

    units, characters = 1024, 4096

    class Toy(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            draw = tf.random.Generator.from_seed(1)
            self.embedding = tf.Variable(draw.normal([characters, units]))
            self.layers = [tf.Variable(draw.normal([units, units]) / 32.0) for _ in range(layers)]
            self.head = tf.Variable(draw.normal([units, 2]))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
        def answer(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
            points = tf.strings.unicode_decode(text, "UTF-8") % characters
            hidden = tf.reduce_mean(tf.gather(self.embedding, points), axis=1)
            for layer in self.layers:
                hidden = tf.nn.relu(hidden @ layer)
            return {"probabilities": tf.nn.softmax(hidden @ self.head)}

    toy = Toy()
    tf.saved_model.save(toy, str(path), signatures={"serving_default": toy.answer})


@contextmanager
def server(base: Path, batching: Path | None) -> Iterator[Endpoints]:
    flags = [f"--model_base_path={base}", f"--model_name={MODEL}", "--port=0", "--rest_api_port=0"]
    if batching is not None:
        flags += ["--enable_batching=true", f"--batching_parameters_file={batching}"]
    command = [sys.executable, "-m", "serving.server", *flags]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield Endpoints.from_start_line(process.stdout.readline())
        finally:
            process.terminate()


def rest_asker(endpoints: Endpoints) -> Ask:
    client = httpx.Client()
    url = f"{endpoints.rest}/v1/models/{MODEL}:predict"
    return lambda: client.post(url, json={"instances": [TEXT]}).raise_for_status() and None


def grpc_asker(endpoints: Endpoints) -> Ask:
    from tensorflow.core.framework import tensor_pb2, types_pb2
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request: Any = predict_pb2.PredictRequest()
    request.model_spec.name = MODEL
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[TEXT.encode()])
    tensor.tensor_shape.dim.add(size=1)
    request.inputs["text"].CopyFrom(tensor)
    stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(endpoints.grpc))
    return lambda: stub.Predict(request) and None


def measure(
    ask_of: Callable[[Endpoints], Ask], endpoints: Endpoints, *, clients: int, requests: int
) -> Figures:
    gate = threading.Barrier(clients + 1)

    def work(_: int) -> list[float]:
        ask = ask_of(endpoints)
        for _ in range(WARM_UP):
            ask()
        gate.wait()
        spent = []
        for _ in range(requests // clients):
            began = perf_counter()
            ask()
            spent.append((perf_counter() - began) * 1000)
        return spent

    with ThreadPoolExecutor(clients) as pool:
        futures = [pool.submit(work, number) for number in range(clients)]
        gate.wait()
        began = perf_counter()
        spent = sorted(ms for future in futures for ms in future.result())
        wall_s = perf_counter() - began
    return Figures(statistics.median(spent), spent[int(len(spent) * 0.99)], len(spent) / wall_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--layers", type=int, default=4, help="dense layers of the toy")
    parser.add_argument("--requests", type=int, default=400)
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        base = flags.model
        if base is None:
            base = Path(scratch, "base")
            build_toy(base / "1", layers=flags.layers)
        ways: dict[str, Path | None] = {"off": None}
        for name, text in (("32 rows, 0 ms", EAGER_BATCHING), ("32 rows, 2 ms", BATCHING)):
            ways[name] = Path(scratch, f"{name}.txt")
            Path(scratch, f"{name}.txt").write_text(text)
        print(
            "| batching | API | clients | p50 ms | p99 ms | requests/s |\n|---|---|---|---|---|---|"
        )
        for name, parameters in ways.items():
            with server(base, parameters) as endpoints:
                for api, asker in (("REST", rest_asker), ("gRPC", grpc_asker)):
                    for clients in CLIENTS:
                        found = measure(asker, endpoints, clients=clients, requests=flags.requests)
                        print(
                            f"| {name} | {api} | {clients} | {found.p50_ms:.1f} "
                            f"| {found.p99_ms:.1f} | {found.per_second:.0f} |"
                        )


if __name__ == "__main__":
    main()
