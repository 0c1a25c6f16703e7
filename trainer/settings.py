"""The `text` and `training` sections of a configuration."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_SEED: Final = 17


class TextSettings(BaseModel):
    """How text becomes tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vocabulary_size: int = Field(
        16_000,
        ge=64,
        le=200_000,
        description="Subwords to learn, at most; a small corpus yields fewer.",
    )
    max_tokens: int = Field(
        128, ge=4, le=4_096, description="Subwords kept of a text; what follows is cut off."
    )


class TrainingSettings(BaseModel):
    """The model and how it is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: Literal["bigru"] = Field(
        "bigru", description="The network; one file each in trainer/models."
    )
    embedding_dim: int = Field(128, ge=4, le=1_024, description="Length of a subword's vector.")
    units: int = Field(128, ge=4, le=1_024, description="State size of each direction's GRU.")
    dropout: float = Field(
        0.5, ge=0.0, lt=1.0, description="Share of embedding channels and of features dropped."
    )
    batch_size: int = Field(64, ge=1, le=4_096, description="Rows per step.")
    epochs: int = Field(10, ge=1, le=1_000, description="Passes over the train split, at most.")
    patience: int = Field(
        2, ge=0, description="Epochs without a better eval accuracy before training stops."
    )
    learning_rate: float = Field(3e-3, gt=0.0, description="Adam's step size at its peak.")
    class_weights: Literal["off", "balanced"] = Field(
        "off", description="`balanced` weighs a row by rows / (classes * rows of its label)."
    )
    seed: int = Field(DEFAULT_SEED, ge=0, description="Fixes initial weights and row order.")


class TransformSettings(BaseModel):
    """What Transform needs to know, and so all of the configuration that makes it run anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text_column: str
    label_column: str
    text: TextSettings


class TrainerSettings(BaseModel):
    """What the Trainer needs to know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transform: TransformSettings
    training: TrainingSettings
