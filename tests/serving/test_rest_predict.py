"""The REST API's predict call, by HTTP against a running server."""

import base64
import http.client
import json
import math
import unicodedata
from typing import Any

import httpx
import pytest

from serving.settings import Endpoints

MANY_BYTES = 32 * 2**20  # more than the sockets between client and server hold
MANY_KEYS = {f"열{number:04}": "a" for number in range(1000)}


@pytest.fixture
def call(both: Endpoints) -> Any:
    def post(document: Any, *, path: str = "reviews", verb: str = "predict") -> httpx.Response:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return httpx.post(f"{both.rest}/v1/models/{path}:{verb}", content=body)

    return post


def error_of(response: httpx.Response, status: int = 400) -> str:
    assert response.status_code == status, response.text
    document = response.json()
    assert list(document) == ["error"]
    return str(document["error"])


def test_rows_of_plain_texts_are_answered_with_one_object_a_row(call: Any) -> None:
    response = call({"instances": ["정말 좋은 영화", "시간이 아깝다"]})
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "predictions": [
            {"labels": ["긍정", "부정"], "probabilities": [0.75, 0.25]},
            {"labels": ["부정", "긍정"], "probabilities": [0.75, 0.25]},
        ]
    }


def test_rows_of_named_objects_are_answered_as_plain_rows_are(call: Any) -> None:
    plain = call({"instances": ["정말 좋은 영화"]})
    assert call({"instances": [{"text": "정말 좋은 영화"}]}).json() == plain.json()


def test_columns_are_answered_with_one_list_an_output(call: Any) -> None:
    expected = {"labels": [["부정", "긍정"]], "probabilities": [[0.75, 0.25]]}
    assert call({"inputs": ["별로다"]}).json() == {"outputs": expected}
    assert call({"inputs": {"text": ["별로다"]}}).json() == {"outputs": expected}


def test_a_single_output_is_written_bare_in_both_forms(call: Any) -> None:
    rows = [{"x": [1, 2.5], "times": 2}, {"x": [-1, 0], "times": 3}]
    assert call({"instances": rows}, path="numbers").json() == {
        "predictions": [[2.0, 5.0], [-3.0, 0.0]]
    }
    columns = {"x": [[1, 2.5], [-1, 0]], "times": [2, 3]}
    assert call({"inputs": columns}, path="numbers").json() == {
        "outputs": [[2.0, 5.0], [-3.0, 0.0]]
    }


def test_the_signature_is_chosen_by_name(call: Any) -> None:
    import tensorflow as tf

    text = tf.train.Feature(bytes_list=tf.train.BytesList(value=["아주 좋다".encode()]))
    example = tf.train.Example(features=tf.train.Features(feature={"text": text}))
    encoded = base64.b64encode(example.SerializeToString()).decode()
    response = call({"signature_name": "serving_examples", "instances": [{"b64": encoded}]})
    assert response.json()["predictions"][0]["labels"] == ["긍정", "부정"]


def test_outputs_named_bytes_are_base64_and_others_are_text(call: Any) -> None:
    raw = "뷁".encode("cp949")
    document = {"signature_name": "echoed", "instances": [{"b64": base64.b64encode(raw).decode()}]}
    (row,) = call(document, path="numbers").json()["predictions"]
    assert base64.b64decode(row["raw_bytes"]["b64"]) == raw
    assert row["raw_text"] == raw.decode("utf-8", "replace")


@pytest.mark.parametrize("text", ["가", "가a", "가ab"])
def test_base64_needs_no_padding(call: Any, text: str) -> None:
    bare = base64.b64encode(text.encode()).decode().rstrip("=")
    document = {"signature_name": "echoed", "instances": [{"b64": bare}]}
    (row,) = call(document, path="numbers").json()["predictions"]
    assert row["raw_text"] == text


def test_base64_may_be_broken_into_lines_and_the_body_may_begin_with_a_byte_order_mark(
    call: Any,
) -> None:
    text = "줄이 나뉘는 긴 문의 " * 8
    lines = base64.encodebytes(text.encode()).decode()
    assert lines.count("\n") > 1
    document = {"signature_name": "echoed", "instances": [{"b64": lines}]}
    (row,) = call(json.dumps(document).encode("utf-8-sig"), path="numbers").json()["predictions"]
    assert row["raw_text"] == text


def test_a_number_that_no_double_holds_is_refused_and_does_not_become_infinity(call: Any) -> None:
    response = call(b'{"signature_name": "divided", "instances": [1e999]}', path="numbers")
    assert "JSON Parse error: number too large: 1e999" in error_of(response)


def test_not_a_number_and_infinity_travel_as_json_tokens(call: Any) -> None:
    document = b'{"signature_name": "divided", "instances": [NaN, 0, -0.0, Infinity]}'
    response = call(document, path="numbers")
    assert "NaN" in response.text
    nan, *others = json.loads(response.text)["predictions"]
    assert math.isnan(nan)
    assert others == [math.inf, -math.inf, 0.0]


def test_floats_carry_no_noise_digits(call: Any) -> None:
    response = call({"signature_name": "divided", "instances": [5]}, path="numbers")
    assert response.text == '{"predictions": [0.2]}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ㅋㅋㅋ",
        unicodedata.normalize("NFD", "좋은 영화"),
        "최고 👍🏽👨‍👩‍👧",
        "이 movie는 最高!",
        "가" * 3500,
        "줄\n바꿈과 \u0000 널",
    ],
    ids=["empty", "jamo", "nfd", "emoji", "mixed", "10kB", "control"],
)
def test_every_text_comes_back_byte_for_byte(call: Any, text: str) -> None:
    response = call({"signature_name": "echoed", "instances": [text]}, path="numbers")
    (row,) = response.json()["predictions"]
    assert row["raw_text"] == text
    assert base64.b64decode(row["raw_bytes"]["b64"]) == text.encode()


def test_an_empty_column_is_an_empty_batch(call: Any) -> None:
    assert call({"signature_name": "divided", "inputs": []}, path="numbers").json() == {
        "outputs": []
    }


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "JSON Parse error"),
        (b'{"instances": ["a"', "JSON Parse error"),
        (b"[" * 50_000 + b"]", "nested too deeply"),
        (b'["a"]', "expected a JSON object, received a list"),
        (b'{"instances": ["a"], "instances": ["b"]}', "the key 'instances' more than once"),
        (b'{"instances": [{"text": "a", "text": "b"}]}', "the key 'text' more than once"),
        ('{"instances": ["좋다"]}'.encode("cp949"), "not UTF-8 at byte 16"),
        (b'{"instances": ["\\ud55c", "\\ud800"]}', "at [1]: expected Unicode text"),
        ({}, "exactly one of 'instances' and 'inputs', received the keys []"),
        ({"instances": ["a"], "inputs": ["a"]}, "received both"),
        ({"instances": []}, "at least one row, received an empty list"),
        ({"instances": "a"}, "expected a list of at least one row, received a string"),
        ({"instances": ["a", {"text": "b"}]}, "row 1: expected a plain value as in row 0"),
        ({"instances": [{"text": "b"}, "a"]}, "row 1: expected an object as in row 0"),
        ({"instances": [{"texts": "a"}]}, "row 0: expected the keys ['text'], received ['texts']"),
        ({"inputs": {"texts": ["a"]}}, "expected the keys ['text'], received ['texts']"),
        (
            {"instances": ["a", 3]},
            'input "text" at [1]: expected string, received a whole number 3',
        ),
        ({"instances": [None]}, "expected string, received null"),
        ({"instances": [["a"]]}, 'input "text": expected string [?], received string [1, 1]'),
        ({"inputs": "a"}, 'input "text": expected string [?], received string []'),
        (
            b'{"inputs": ' + b"[" * 33 + b'"a"' + b"]" * 33 + b"}",
            'input "text": lists are nested 33 deep, expected at most 32',
        ),
        (b'{"inputs": ' + b"[" * 800 + b'"a"' + b"]" * 800 + b"}", "nested 800 deep"),
        ({"instances": [{"b64": "###"}]}, "'b64' is not base64"),
        ({"instances": [{"b64": "YQ="}]}, "'b64' is not base64"),
        ({"signature_name": 3, "instances": ["a"]}, "'signature_name': expected a string"),
        (
            {"signature_name": "nope", "instances": ["a"]},
            "has ['serving_default', 'serving_examples",
        ),
    ],
)
def test_a_faulty_request_is_refused_with_the_place_and_the_reason(
    call: Any, document: Any, words: str
) -> None:
    assert words in error_of(call(document))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (MANY_KEYS, "received the keys ['열0000', '열0001', "),
        (MANY_KEYS, "'열0009'] and 990 more"),
        ({"instances": [MANY_KEYS]}, "'열0009'] and 990 more"),
        ({"inputs": MANY_KEYS}, "'열0009'] and 990 more"),
        ({"k" * 10_000: 1}, "received the keys ['kkk"),
        ({"signature_name": "s" * 10_000, "instances": ["a"]}, 'no signature "sss'),
    ],
)
def test_a_refusal_quotes_little_of_a_large_request(call: Any, document: Any, words: str) -> None:
    message = error_of(call(document))
    assert words in message
    assert len(message) < 250


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"instances": [[1, 2]]}, "has 2 inputs, so expected objects"),
        ({"inputs": [[1, 2]]}, "has 2 inputs, so expected an object"),
        (
            {"inputs": {"x": [[1, 2], [3]], "times": [1, 2]}},
            'input "x" at [1]: expected a list of 2',
        ),
        (
            {"inputs": {"x": [[1, [2]]], "times": [1]}},
            'input "x" at [0, 1]: expected a single value',
        ),
        (
            {"inputs": {"x": [[1, 2, 3]], "times": [1]}},
            "expected float32 [?, 2], received float32 [1, 3]",
        ),
        ({"inputs": {"x": [["1", 2]], "times": [1]}}, "expected float32, received a string 1"),
        (
            {"inputs": {"x": [[1, 2]], "times": [1.5]}},
            "expected int64, received a decimal number 1.5",
        ),
        ({"inputs": {"x": [[1, 2]], "times": [True]}}, "expected int64, received a boolean True"),
        ({"inputs": {"x": [[1, 2]], "times": [2**63]}}, "expected int64, received a whole number"),
        (
            {"inputs": {"x": [[1e39, 2]], "times": [1]}},
            "expected float32, received a decimal number",
        ),
        (
            {"inputs": {"x": [[2**24, 2]], "times": [1]}},
            "expected float32, received a whole number",
        ),
        ({"signature_name": "summed", "instances": [1.0]}, 'output "total" is a scalar'),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused_with_both_shapes(
    call: Any, document: Any, words: str
) -> None:
    assert words in error_of(call(document, path="numbers"))


def test_a_scalar_output_is_answered_in_column_form(call: Any) -> None:
    response = call({"signature_name": "summed", "inputs": [1.5, 2]}, path="numbers")
    assert response.json() == {"outputs": 3.5}


def test_a_fault_inside_the_model_is_told_and_not_hidden(call: Any) -> None:
    message = error_of(call({"signature_name": "serving_examples", "instances": ["아무 말"]}))
    assert "Could not parse example" in message


@pytest.mark.parametrize("verb", ["classify", "regress"])
def test_classify_and_regress_are_refused_and_the_way_on_is_told(call: Any, verb: str) -> None:
    message = error_of(call({"examples": [{"text": "a"}]}, verb=verb), 501)
    assert message.startswith(f"{verb} is not served by this embedded server")
    assert "call predict" in message


def test_a_body_up_to_the_limit_is_answered_and_a_larger_one_refused(call: Any) -> None:
    frame = len(json.dumps({"instances": [""]}))
    assert call({"instances": ["a" * (64 * 1024 - frame)]}).status_code == 200
    message = error_of(call({"instances": ["a" * (64 * 1024 - frame + 1)]}), 413)
    assert "larger than 65536 bytes (--max_request_bytes)" in message


@pytest.mark.parametrize(
    ("path", "encoding", "status"),
    [
        ("/v1/models/reviews:predict", "identity", 413),
        ("/v1/models/reviews:predict", "gzip", 415),
        ("/v1/models/reviews:classify", "identity", 501),
        ("/v1/model/reviews:predict", "identity", 400),
        ("/reviews", "identity", 404),
    ],
)
def test_a_client_that_still_sends_when_it_is_refused_sees_the_reason(
    both: Endpoints, path: str, encoding: str, status: int
) -> None:
    connection = http.client.HTTPConnection(both.host, both.rest_api_port, timeout=30)
    headers = {"Content-Encoding": encoding, "Connection": "close"}  # urllib's, and so the client's
    connection.request("POST", path, b"a" * MANY_BYTES, headers)
    answer = connection.getresponse()
    assert answer.status == status
    assert json.load(answer)["error"]
    connection.close()


def test_a_compressed_body_is_refused_by_name(both: Endpoints) -> None:
    response = httpx.post(
        f"{both.rest}/v1/models/reviews:predict",
        content=b"\x1f\x8b",
        headers={"Content-Encoding": "gzip"},
    )
    assert "Content-Encoding" in error_of(response, 415)
