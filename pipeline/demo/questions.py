"""Three questions for the freshly trained demo model, none of them a sentence of the grammar."""

from typing import Final

QUESTIONS: Final = (
    (
        "지난주에 시킨 겨울 이불이 열흘이 다 되도록 안 오고 있어요. 배송이 왜 이렇게 늦나요?",
        "배송 지연",
    ),
    (
        "회사 비품으로 산 거라 세금계산서가 필요합니다. 이메일로 발급해 주실 수 있을까요?",
        "영수증 발급",
    ),
    ("비밀번호가 기억나지 않아서 새로 바꾸려는데 재설정 메일이 안 와요ㅠㅠ", "비밀번호"),
)
"""Pairs of a question and the label expected for it."""
