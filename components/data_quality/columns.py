"""Which features of the examples are looked at."""

from pydantic import BaseModel, ConfigDict, Field


class QualityColumns(BaseModel):
    """The text and its label; both are bytes features of one value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(description="Feature with the text.", min_length=1)
    label: str = Field(description="Feature with the label; unlabelled rows lack it.", min_length=1)
