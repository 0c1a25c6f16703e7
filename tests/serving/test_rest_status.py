"""The REST API's status and metadata calls, and its paths."""

import http.client
import json
import socket
from typing import Any

import httpx
import pytest

from serving.settings import Endpoints

AVAILABLE = {
    "model_version_status": [
        {
            "version": "7",
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
    ]
}


@pytest.fixture
def get(both: Endpoints) -> Any:
    return lambda path: httpx.get(f"{both.rest}{path}")


@pytest.mark.parametrize("where", ["", "/versions/7", "/labels/stable"])
def test_the_status_is_told_of_a_model_a_version_and_a_label(get: Any, where: str) -> None:
    assert get(f"/v1/models/reviews{where}").json() == AVAILABLE


@pytest.mark.parametrize("where", ["", "/versions/7", "/labels/stable"])
def test_the_metadata_holds_the_signatures_as_tensorflow_serving_writes_them(
    get: Any, where: str
) -> None:
    document = get(f"/v1/models/reviews{where}/metadata").json()
    assert document["model_spec"] == {"name": "reviews", "signature_name": "", "version": "7"}
    signature = document["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["text"]["dtype"] == "DT_STRING"
    assert signature["inputs"]["text"]["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]
    assert sorted(signature["outputs"]) == ["labels", "probabilities"]


@pytest.mark.parametrize("where", ["/versions/7", "/labels/stable"])
def test_a_version_and_a_label_can_be_asked_to_predict(both: Endpoints, where: str) -> None:
    url = f"{both.rest}/v1/models/reviews{where}:predict"
    response = httpx.post(url, json={"instances": ["좋다"]})
    assert response.json()["predictions"][0]["labels"][0] == "긍정"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1/models/nope", 404, "no model \"nope\" is served, there are ['numbers', 'reviews']"),
        ("/v1/models/reviews/versions/8", 404, "Could not find version 8"),
        ("/v1/models/reviews/versions/8/metadata", 404, "loaded are [7]"),
        ("/v1/models/reviews/labels/canary", 400, "no version label \"canary\", it has ['stable']"),
        ("/v1/models/reviews/labels/canary/metadata", 400, 'no version label "canary"'),
        ("/v1/models/numbers/labels/stable", 400, "it has []"),
        ("/v1/models/reviews/versions/99999999999999999999", 400, "no 64-bit number"),
        (f"/v1/models/reviews/versions/{'9' * 5000}", 400, "no 64-bit number"),
        ("/v1/models", 400, "Missing model name"),
        ("/v1/models/reviews:predict", 400, "Malformed request: GET"),
        ("/v1/models/reviews/versions/x", 400, "Malformed request"),
        ("/v1/nothing", 400, "Malformed request"),
        ("/", 404, "no such path"),
        ("/health", 404, "no such path"),
    ],
)
def test_what_is_unknown_is_refused_with_status_and_reason(
    get: Any, path: str, status: int, words: str
) -> None:
    response = get(path)
    assert response.status_code == status
    assert words in response.json()["error"]


@pytest.mark.parametrize(("version", "status"), [("versions/8", 404), ("labels/canary", 400)])
def test_predicting_on_an_unknown_version_or_label_is_refused(
    both: Endpoints, version: str, status: int
) -> None:
    url = f"{both.rest}/v1/models/reviews/{version}:predict"
    response = httpx.post(url, json={"instances": ["좋다"]})
    assert response.status_code == status


def test_zeros_before_a_version_do_not_count(get: Any) -> None:
    assert get(f"/v1/models/reviews/versions/{'0' * 5000}7").json() == AVAILABLE


def test_a_model_name_is_percent_decoded_and_paths_ignore_case(get: Any) -> None:
    assert get("/V1/Models/%72eviews").json() == AVAILABLE


def test_a_method_that_the_api_lacks_is_refused_in_json(both: Endpoints) -> None:
    response = httpx.delete(f"{both.rest}/v1/models/reviews")
    assert response.status_code == 400
    assert "Malformed request: DELETE" in response.json()["error"]


@pytest.mark.parametrize(
    ("request_line", "status", "words"),
    [
        ("OPTIONS *", 404, "no such path: *; the API starts at /v1/models"),
        ("TRACE /v1/models/reviews", 400, "Malformed request: TRACE /v1/models/reviews"),
        ("BREW /v1/models/reviews", 400, "Malformed request: BREW /v1/models/reviews"),
        ("GET /v1/models/영화평", 400, "Invalid HTTP request received."),
        ("좋은 영화", 400, "Invalid HTTP request received."),
    ],
)
def test_what_no_client_library_sends_is_refused_in_json_too(
    both: Endpoints, request_line: str, status: int, words: str
) -> None:
    with socket.create_connection((both.host, both.rest_api_port), timeout=30) as connection:
        head = f"{request_line} HTTP/1.1\r\nHost: {both.host}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
        assert words in json.load(answer)["error"]


def test_a_web_socket_is_refused(both: Endpoints) -> None:
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", **key}
    assert httpx.get(f"{both.rest}/v1/models/reviews", headers=upgrade).status_code == 403
