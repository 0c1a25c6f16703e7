"""The `text` and `training` sections of a configuration."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_SEED: Final = 17

Tokens = Literal["subwords", "characters", "jamo"]

DEFAULT_MAX_TOKENS: Final[dict[Tokens, int]] = {"subwords": 128, "characters": 256, "jamo": 512}
"""About 240 to 350 characters of Korean each: a subword holds 2.4 to 2.7 of them (blanks count) and
one is 2.1 jamo, as benchmarks/tokenizers.py measures."""


class EmbeddingSettings(BaseModel):
    """How the word vectors, from which the model starts, are learnt; labels play no part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["off", "word2vec", "glove"] = Field(
        "word2vec", description="`off`: the model starts from random vectors."
    )
    window: int = Field(
        5, ge=1, le=15, description="Farthest distance, in tokens, of two that count as near."
    )


class TextSettings(BaseModel):
    """How text becomes tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: Tokens = Field(
        "subwords",
        description="What a token is: a piece of a word, learnt from counts, which keeps texts "
        "short; a character; or a jamo, a letter of a Hangul syllable.",
    )
    vocabulary_size: int = Field(
        16_000,
        ge=64,
        le=200_000,
        description="Tokens to learn, at most; a small corpus yields fewer. Among subwords a "
        "single character counts once and is listed twice, as the start of a word and as what goes "
        "on one.",
    )
    max_tokens: int | None = Field(
        None,
        ge=4,
        le=4_096,
        description="Tokens kept of a text, what follows is cut off; "
        "none: 128 subwords, 256 characters or 512 jamo.",
    )
    ngrams: int = Field(
        1_000_000,
        ge=0,
        le=4_000_000,
        description="Character n-grams that the linear channel beside the network weighs, the most "
        "frequent, 8 bytes each in the export and 2 more for each class; 0: no such channel.",
    )
    embeddings: EmbeddingSettings = Field(
        default_factory=EmbeddingSettings,
        description="How the vectors that the model starts from are learnt.",
    )

    @property
    def kept_tokens(self) -> int:
        """Tokens kept of a text, whether or not the configuration says how many."""
        return self.max_tokens or DEFAULT_MAX_TOKENS[self.tokens]


class TrainingSettings(BaseModel):
    """The model and how it is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    embedding_dim: int = Field(128, ge=4, le=1_024, description="Length of a token's vector.")
    units: int = Field(128, ge=4, le=1_024, description="State size of each direction's GRU.")
    fine_tune: bool = Field(
        True, description="Whether training moves the token vectors; if not, they stay as learnt."
    )
    embedding_dropout: float = Field(
        0.3, ge=0.0, lt=1.0, description="Share of embedding channels dropped, batch by batch."
    )
    pooling: Literal["mean_max", "mean", "max"] = Field(
        "mean_max", description="What becomes of the states of all tokens."
    )
    dropout: float = Field(0.5, ge=0.0, lt=1.0, description="Share of pooled features dropped.")
    adversarial: float = Field(
        0.0,
        ge=0.0,
        lt=1.0,
        description="Also train on token vectors moved to where the loss rises, by this share of "
        "their length, in a second pass of each step; 0: off.",
    )
    label_smoothing: float = Field(
        0.1, ge=0.0, lt=1.0, description="Share of a row's weight that goes to all labels alike."
    )
    batch_size: int = Field(64, ge=1, le=4_096, description="Rows per step.")
    pretraining_epochs: int = Field(
        0,
        ge=0,
        le=100,
        description="Passes over the texts of the train and the unlabelled split in which the "
        "network first learns to guess each token from those around it; 0: none.",
    )
    epochs: int = Field(10, ge=1, le=1_000, description="Passes over the train split, at most.")
    patience: int = Field(
        2, ge=0, description="Epochs without a better eval accuracy before training stops."
    )
    learning_rate: float = Field(3e-3, gt=0.0, description="Adam's step size at its peak.")
    schedule: Literal["constant", "cosine"] = Field(
        "constant",
        description="`cosine`: a rise over the first tenth of the steps, then a fall, for weights "
        "that are not averaged.",
    )
    max_gradient_norm: float = Field(
        1.0,
        ge=0.0,
        description="A longer gradient, of all weights together, is cut to this length; 0: never.",
    )
    averaged_steps: int = Field(
        500,
        ge=0,
        description="Steps, about, over which the weights are averaged at most; in a short "
        "training, a ninth of its steps; 0: the last ones count.",
    )
    linear_weighting: Literal["tfidf", "naive_bayes"] = Field(
        "tfidf",
        description="What an n-gram counts in the linear channel; `naive_bayes`: times its "
        "log-count ratio, which helps with two classes.",
    )
    linear_penalty: float = Field(
        0.5, gt=0.0, description="What a row on the wrong side costs the linear channel (C)."
    )
    class_weights: Literal["off", "balanced"] = Field(
        "off", description="`balanced` weighs a row by rows / (classes * rows of its label)."
    )
    seed: int = Field(
        DEFAULT_SEED, ge=0, lt=2**32, description="Fixes initial weights and row order."
    )


class TransformSettings(BaseModel):
    """What Transform needs to know, and so all of the configuration that makes it run anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text_column: str
    label_column: str
    text: TextSettings
    embedding_dim: int
    """The model's, since Transform learns the vectors that the model starts from."""


class TrainerSettings(BaseModel):
    """What the Trainer needs to know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transform: TransformSettings
    training: TrainingSettings

    def of_pretraining(self) -> "PretrainingSettings":
        """Give the Pretrainer its part."""
        return PretrainingSettings(
            transform=self.transform,
            units=self.training.units,
            epochs=self.training.pretraining_epochs,
            seed=self.training.seed,
        )


class PretrainingSettings(BaseModel):
    """What the Pretrainer needs to know, and so all of the configuration that makes it run anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transform: TransformSettings
    units: int
    epochs: int
    seed: int
