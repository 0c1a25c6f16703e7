"""Sets one key of a YAML file, leaving every other character as it stands."""

from collections.abc import Sequence

import yaml

from pipeline import plain_yaml


class UneditableError(ValueError):
    """The file is written in a way in which the key cannot be set by itself."""


def has_number(text: str, keys: Sequence[str]) -> bool:
    """Tell whether a number stands at a path of keys."""
    at = plain_yaml.load(text)
    for key in keys:
        at = at.get(key) if isinstance(at, dict) else None
    return isinstance(at, int | float) and not isinstance(at, bool)


def set_key(text: str, keys: Sequence[str], value: str) -> str:
    """Set the scalar at a path of keys, adding what is missing of the path.

    Args:
        text: the file's content, a mapping at its top.
        keys: the path, such as `("gates", "data", "quarantined", "limit")`.
        value: the scalar as YAML writes it.

    Raises:
        UneditableError: something on the path is no mapping, or comes from an anchor, or another
            place would change with it.
    """
    after = _edited(text, keys, value)
    wanted = at = dict(plain_yaml.load(text))
    for key in keys[:-1]:
        at[key] = dict(at.get(key) or {})
        at = at[key]
    at[keys[-1]] = plain_yaml.load(value)
    try:
        alone = plain_yaml.load(after) == wanted
    except yaml.YAMLError:
        alone = False
    if not alone:
        raise UneditableError(
            f"{'.'.join(keys)} cannot be set by itself, for the file has anchors or an unusual "
            f"layout there: set it to {value} by hand"
        )
    return after


def _edited(text: str, keys: Sequence[str], value: str) -> str:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        raise UneditableError("the file is empty; `malmoi init` writes a first one")
    rest = list(keys)
    while rest:
        if not isinstance(node, yaml.MappingNode):
            return _instead_of_nothing(text, node, rest, value)
        below = next((v for k, v in node.value if k.value == rest[0]), None)
        if below is None:
            return _added(text, node, rest, value)
        if below.start_mark.index < node.start_mark.index:
            raise UneditableError(f"{rest[0]} is an alias of another place; set it there by hand")
        node = below
        rest.pop(0)
    if not isinstance(node, yaml.ScalarNode) or node.start_mark.index == node.end_mark.index:
        return _instead_of_nothing(text, node, [], value)
    return text[: node.start_mark.index] + value + text[node.end_mark.index :]


def _instead_of_nothing(text: str, node: yaml.Node, rest: list[str], value: str) -> str:
    """Fill a key that has no value yet."""
    start, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, yaml.ScalarNode) or text[start:end] not in ("", "~", "null"):
        raise UneditableError(f"line {node.start_mark.line + 1}: no mapping; set it by hand")
    filled = _flow(rest, value)
    return f"{text[:start].rstrip(' ')} {filled}{text[end:]}"


def _added(text: str, node: yaml.MappingNode, rest: list[str], value: str) -> str:
    """Add the rest of the path as the mapping's last entry."""
    entry = f"{rest[0]}: {_flow(rest[1:], value)}"
    if node.flow_style:
        return _into_braces(text, node, entry)
    at = _end_of_line(text, _last_leaf(node).end_mark.index)
    indent = " " * node.value[0][0].start_mark.column
    newline = "" if at == 0 or text[at - 1] == "\n" else "\n"
    tail = "\n" if newline == "" or at == len(text) else ""
    return f"{text[:at]}{newline}{indent}{entry}{tail}{text[at:]}"


def _into_braces(text: str, node: yaml.MappingNode, entry: str) -> str:
    """Add an entry behind the last value, before the comments and the comma that may follow."""
    at = node.value[-1][1].end_mark.index if node.value else node.end_mark.index - 1
    return f"{text[:at]}{', ' if node.value else ''}{entry}{text[at:]}"


def _flow(keys: Sequence[str], value: str) -> str:
    """Write a path of keys on one line."""
    if not keys:
        return value
    return f"{{{keys[0]}: {_flow(keys[1:], value)}}}"


def _last_leaf(node: yaml.Node) -> yaml.Node:
    """Find where a block really ends: its own mark stands behind the comments that follow."""
    while isinstance(node, yaml.MappingNode | yaml.SequenceNode) and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return node


def _end_of_line(text: str, index: int) -> int:
    """Return the end of the line in which a value ends; a block scalar ends after its newline."""
    if index and text[index - 1] == "\n":
        return index
    end = text.find("\n", index)
    return len(text) if end < 0 else end
