"""Why a rule matched or did not: its condition with a value at every node, and what would have to be otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forensics.rulebook.conditions import Kind, Node, RuleText
from forensics.rulebook.probes import Answer, Near, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A string that a node speaks of: how often it occurs, where first, or how it nearly does."""

    name: str
    count: int
    places: tuple[Place, ...] = ()
    near: Near | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """A node with its value. `sides` are the values of a comparison; `rule` the tree of another rule that it names."""

    kind: Kind
    text: str
    is_true: bool
    children: tuple[Valued, ...] = ()
    sides: tuple[str, str] = ("", "")
    strings: tuple[Seen, ...] = ()
    rule: str = ""

    def walk(self) -> Iterator[Valued]:
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One rule over one artifact. `skipped` says why the rule was not asked at all; there is no tree then.

    `failing` are the nodes of a miss that would have to be otherwise, the fewest that suffice: at each `or` the
    alternative that is nearest. `notes` are remarks beside, such as candidates that were refused.
    """

    rule: str
    path: tuple[str, ...]
    is_match: bool
    tree: Valued | None = None
    failing: tuple[Valued, ...] = ()
    skipped: str = ""
    notes: tuple[str, ...] = ()

    @property
    def distance(self) -> int:
        """How many nodes stand between a miss and a match; more than any for a rule that was not asked."""
        return len(self.failing) if self.tree is not None else 1 << 30


def explained(rules: Sequence[RuleText], answer: Answer, *, globals_: Sequence[str] = ()) -> Valued:
    """The tree of the last rule; what it names of the others is opened below it. Global rules stand beside it."""
    by_name = {rule.name: rule for rule in rules}
    target = _tree(rules[-1], by_name, answer, ())
    beside = [_tree(by_name[name], by_name, answer, ()) for name in globals_]
    if all(each.is_true for each in beside):
        return target
    named = [
        Valued(kind=Kind.LEAF, text=f"global rule {name}", is_true=each.is_true, children=(each,), rule=name)
        for name, each in zip(globals_, beside, strict=True)
    ]
    return Valued(kind=Kind.AND, text=target.text, is_true=False, children=(*named, target))


def failing(tree: Valued) -> tuple[Valued, ...]:
    """The fewest nodes that would have to be otherwise for a false tree to be true; none of a true one."""
    return () if tree.is_true else _needed(tree)


def _needed(node: Valued) -> tuple[Valued, ...]:
    false = [child for child in node.children if not child.is_true]
    if node.kind is Kind.AND and false:
        return tuple(each for child in false for each in _needed(child))
    if (node.kind is Kind.OR or node.rule) and false:
        return min(((_needed(child), -_held(child)) for child in false), key=lambda each: (len(each[0]), each[1]))[0]
    return (node,)


def _held(node: Valued) -> int:
    """How many of the leaves below hold."""
    return sum(each.is_true and not each.children for each in node.walk())


def _tree(rule: RuleText, by_name: Mapping[str, RuleText], answer: Answer, above: tuple[str, ...]) -> Valued:
    numbers = {id(node): number for number, node in enumerate(rule.condition.walk())}

    def valued(node: Node) -> Valued:
        number = numbers[id(node)]
        sides = answer.sides.get((rule.name, number), {})
        children = tuple(valued(child) for child in node.children)
        other = by_name.get(node.rule)
        if other is not None and other.name != rule.name and other.name not in above:
            children = (_tree(other, by_name, answer, (*above, rule.name)),)
        return Valued(
            kind=node.kind,
            text=node.text,
            is_true=answer.truth.get((rule.name, number), False),
            children=children,
            sides=(sides.get("l", ""), sides.get("r", "")),
            strings=tuple(_seen(rule, node, answer)),
            rule=other.name if other is not None else "",
        )

    return valued(rule.condition)


def _seen(rule: RuleText, node: Node, answer: Answer) -> Iterator[Seen]:
    """The strings a leaf names, one by one; of `them` and `$a*` all that are meant."""
    if node.kind is not Kind.LEAF:
        return
    starts = tuple(name[:-1] for name in node.strings if name.endswith("*"))
    is_all = "them" in node.text.replace("(", " ").replace(")", " ").split()
    for string in rule.strings:
        if is_all or string.name in node.strings or (starts and string.name.startswith(starts)):
            key = (rule.name, string.name)
            yield Seen(
                name=string.name,
                count=answer.counts.get(key, 0),
                places=answer.strings.get(key, ()),
                near=answer.near.get(key),
            )
