"""The fields of an error: problem details by RFC 9457, with our own beside those of the RFC."""

from realtime.core.contract.quantities import TEXT
from realtime.core.contract.shapes import Field, ListOf, Record, Whole

PROBLEM = Record(
    name="Problem",
    meaning="Why a request is refused or cannot be answered (RFC 9457).",
    fields=(
        Field("type", TEXT, "Always `about:blank`: `code` says what kind of error it is.", example="about:blank"),
        Field("title", TEXT, "The phrase of the HTTP status.", example="Bad Request"),
        Field("status", Whole(), "The HTTP status.", example=400),
        Field(
            "detail",
            TEXT,
            "One sentence for people, safe to show to anyone.",
            example="period must be one of 1m, 5m, 15m, 1h, 24h",
        ),
        Field("code", TEXT, "A stable word for programs.", example="invalid_parameter"),
        Field(
            "field",
            TEXT,
            "The query parameter that is wrong.",
            example="period",
            absent_when="the error is not about one parameter",
        ),
        Field(
            "choices",
            ListOf(item=TEXT),
            "What the parameter may be, or which parameters there are.",
            example=["1m", "5m", "15m", "1h", "24h"],
            absent_when="there is no list of them",
        ),
    ),
)
