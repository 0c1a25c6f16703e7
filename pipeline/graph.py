"""The graph, from rows to release, built once from one configuration and run by every runner."""

from pathlib import Path
from typing import Final, NamedTuple

from tfx.components import Evaluator, Trainer, Transform
from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto import trainer_pb2, transform_pb2
from tfx.types import Channel, standard_artifacts
from tfx.types.channel import BaseChannel

from components.artifacts import Verdict
from components.atomic_pusher.component import AtomicPusher
from components.baseline.accepted import LastAcceptedStatistics
from components.baseline.served import ServedModel
from components.canary.component import Canary
from components.data_gate.component import DataGate
from components.data_quality.component import DataQuality
from components.halt.component import Halt
from components.model_gate.component import ModelGate
from components.simple_baselines.component import SimpleBaselines
from components.text_example_gen.component import TextExampleGen
from components.text_statistics.component import TextStatisticsGen
from pipeline.config import Config
from pipeline.digests import file_digest, source_digest
from pipeline.evaluation import eval_config

TRAIN_SPLIT: Final = "train"
EVAL_SPLIT: Final = "eval"
UNLABELLED_SPLIT: Final = "unlabelled"

DATA_GATE_HALT: Final = "DataGateHalt"
PRODUCTION: Final = "Production"
LAST_ACCEPTED: Final = "LastAccepted"
PRETRAINER: Final = "Pretrainer"
BASELINE: Final = "Baseline"


class _Data(NamedTuple):
    """From rows to the verdict on them, in this order."""

    examples: TextExampleGen
    quality: DataQuality
    production: Resolver
    statistics: TextStatisticsGen
    schema: BaseNode
    accepted: Resolver
    gate: DataGate
    halt: Halt


class _Model(NamedTuple):
    """From sound rows to the verdict on a model, in this order."""

    simple: SimpleBaselines
    transform: BaseNode
    pretrainer: BaseNode | None
    trainer: BaseNode
    baseline: Resolver
    evaluator: BaseNode
    gate: ModelGate


class _Release(NamedTuple):
    """From a good model to one that serves."""

    canary: Canary
    pusher: AtomicPusher


def build(config: Config) -> list[BaseNode]:
    """Make the nodes in the order of the data's way through the house."""
    data = _judged_data(config)
    model = _judged_model(config, data)
    nodes = [*data, *model, *_release(config, data, model)]
    return [node for node in nodes if node]


def build_until(config: Config, last: str) -> list[BaseNode]:
    """Make the nodes as far as the one with the id `last`, and let them forget what follows."""
    nodes = build(config)
    kept = nodes[: [node.id for node in nodes].index(last) + 1]
    for node in kept:  # TFX refuses a node that knows of one which is not there
        node.downstream_nodes.intersection_update(kept)
    return kept


def _judged_data(config: Config) -> _Data:
    examples = TextExampleGen(
        source=config.data, digest=source_digest("components/text_example_gen")
    )
    quality = DataQuality(
        examples=examples.outputs["examples"],
        columns=config.data.columns,
        digest=source_digest("components/data_quality"),
    )
    production = _served_model(config, PRODUCTION, candidate=examples.outputs["examples"])
    statistics = TextStatisticsGen(
        examples=examples.outputs["examples"],
        vocabulary_model=production.outputs["model"],
        text_column=config.data.columns.text,
        digest=source_digest("components/text_statistics"),
    )
    schema = _stamped(
        ImportSchemaGen(schema_file=config.schema_file), file_digest(Path(config.schema_file))
    )
    accepted = Resolver(
        strategy_class=LastAcceptedStatistics,
        statistics=Channel(type=standard_artifacts.ExampleStatistics),
        verdict=Channel(type=Verdict),
        candidate=statistics.outputs["statistics"],
    ).with_id(LAST_ACCEPTED)
    gate = DataGate(
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["schema"],
        quarantine=examples.outputs["quarantine"],
        quality=quality.outputs["quality"],
        baseline=accepted.outputs["statistics"],
        examples=examples.outputs["examples"],
        releases=config.models_dir,
        settings=config.gates.data,
        columns=config.data.columns,
        digest=source_digest("components/data_gate"),
    )
    halt = Halt(verdict=gate.outputs["verdict"]).with_id(DATA_GATE_HALT)
    return _Data(examples, quality, production, statistics, schema, accepted, gate, halt)


def _judged_model(config: Config, data: _Data) -> _Model:
    examples = data.examples.outputs["examples"]
    simple = SimpleBaselines(
        examples=examples,
        columns=config.data.columns,
        digest=source_digest("components/simple_baselines"),
    )
    transform = _transform(config, data)
    for learning in (simple, transform):
        learning.add_upstream_node(data.halt)
    pretrainer = _pretrainer(config, data, transform)
    trainer = _trainer(config, transform, data.schema, pretrainer)
    baseline = _served_model(config, BASELINE, candidate=trainer.outputs["model"])
    evaluator = _stamped(
        Evaluator(
            examples=examples,
            model=trainer.outputs["model"],
            schema=data.schema.outputs["schema"],
            eval_config=eval_config(label_column=config.data.columns.label),
        ),
        source_digest("components/classification_metrics.py"),
    )
    gate = ModelGate(
        examples=examples,
        model=trainer.outputs["model"],
        production=baseline.outputs["model"],
        baselines=simple.outputs["baselines"],
        settings=config.gates.model,
        columns=config.data.columns,
        digest=source_digest("components/model_gate"),
    )
    gate.add_upstream_node(evaluator)
    return _Model(simple, transform, pretrainer, trainer, baseline, evaluator, gate)


def _release(config: Config, data: _Data, model: _Model) -> _Release:
    examples, trained = data.examples.outputs["examples"], model.trainer.outputs["model"]
    canary = Canary(
        model=trained,
        model_run=model.trainer.outputs["model_run"],
        transform_graph=model.transform.outputs["transform_graph"],
        examples=examples,
        settings=config.gates.canary,
        columns=config.data.columns,
        digest=source_digest("components/canary", "serving"),  # it starts a server
    )
    canary.add_upstream_node(model.gate)
    pusher = AtomicPusher(
        base=config.models_dir,
        settings=config.release,
        columns=config.data.columns,
        digest=source_digest("components/atomic_pusher"),
        sources={"trainer": source_digest("trainer")},
        model=trained,
        model_blessing=model.gate.outputs["blessing"],
        infra_blessing=canary.outputs["blessing"],
        examples=examples,
        statistics=data.statistics.outputs["statistics"],
        schema=data.schema.outputs["schema"],
        evaluation=model.evaluator.outputs["evaluation"],
        data_verdict=data.gate.outputs["verdict"],
    )
    return _Release(canary, pusher)


def _served_model(config: Config, name: str, *, candidate: BaseChannel) -> Resolver:
    """Find the model in production, other than what the candidate is part of."""
    return Resolver(
        strategy_class=ServedModel,
        config={"base": str(config.models_dir)},
        model=Channel(type=standard_artifacts.Model),
        candidate=candidate,
    ).with_id(name)


def _transform(config: Config, data: _Data) -> BaseNode:
    return Transform(
        examples=data.examples.outputs["examples"],
        schema=data.schema.outputs["schema"],
        preprocessing_fn="trainer.preprocessing.preprocessing_fn",
        splits_config=transform_pb2.SplitsConfig(
            analyze=_read_splits(config), transform=[TRAIN_SPLIT, EVAL_SPLIT]
        ),
        disable_statistics=True,
        custom_config={
            "settings": config.transform_settings().model_dump(),
            "digest": source_digest("trainer/preprocessing.py"),
        },
    )


def _read_splits(config: Config) -> list[str]:
    """List the splits whose texts are learnt from, labelled or not."""
    return [TRAIN_SPLIT] + [UNLABELLED_SPLIT] * bool(config.data.unlabelled)


def _pretrainer(config: Config, data: _Data, transform: BaseNode) -> BaseNode | None:
    """Fit the network's encoder to raw texts, whose n-grams nobody needs to write out."""
    settings = config.trainer_settings().of_pretraining()
    if not settings.epochs:
        return None
    return Trainer(
        run_fn="trainer.pretraining.run_fn",
        examples=data.examples.outputs["examples"],
        transform_graph=transform.outputs["transform_graph"],
        train_args=trainer_pb2.TrainArgs(splits=_read_splits(config)),
        eval_args=trainer_pb2.EvalArgs(splits=[EVAL_SPLIT]),
        custom_config={
            "settings": settings.model_dump(),
            "digest": source_digest("trainer/pretraining.py"),
        },
    ).with_id(PRETRAINER)


def _trainer(
    config: Config, transform: BaseNode, schema: BaseNode, pretrainer: BaseNode | None
) -> BaseNode:
    return Trainer(
        run_fn="trainer.run.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema.outputs["schema"],
        base_model=pretrainer.outputs["model"] if pretrainer else None,
        train_args=trainer_pb2.TrainArgs(splits=[TRAIN_SPLIT]),
        eval_args=trainer_pb2.EvalArgs(splits=[EVAL_SPLIT]),
        custom_config={
            "settings": config.trainer_settings().model_dump(),
            "digest": source_digest("trainer"),
        },
    )


def _stamped(node: BaseNode, digest: str) -> BaseNode:
    """Add a digest to the properties of a stock node, whose specification has no place for one."""
    node.exec_properties["digest"] = digest
    return node
