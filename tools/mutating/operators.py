"""Every small change that can be made to a file, one at a time: the usual operators of mutation testing.

The operators are those of the field (DeMillo, Lipton and Sayward 1978; Offutt's sufficient set, and the
deletion of statements): comparison, connective, negation, arithmetic, constant, return value, statement,
handler, argument. What declares and does nothing is left alone: annotations, docstrings, ``__all__``,
decorators, what is logged, and sentences, whose wording is nobody's behaviour.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mutant", "mutants_of"]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_DECLARATIONS = frozenset({"annotation", "returns", "decorator_list", "type_params", "pattern", "bases"})
_LOGGERS = frozenset({"_log", "log", "logger", "logging", "warnings"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to one file.

    Attributes:
        path: The file.
        line: Where the change begins, counted from 1.
        lines: How many lines of the file it touches.
        statement_line: Where the statement begins that it is a part of.
        in_function: Whether it is run by a call, not by the import of the file.
        operator: What kind of change it is.
        start: Where the changed text begins, in bytes of UTF-8.
        end: Behind the changed text.
        replacement: What stands there instead.
    """

    path: Path
    line: int
    lines: int
    statement_line: int
    in_function: bool
    operator: str
    start: int
    end: int
    replacement: str

    def before(self, source: bytes) -> str:
        """The text that is changed, on one line."""
        return " ".join(source[self.start : self.end].decode().split())

    def applied(self, source: bytes) -> bytes:
        """The file's bytes with the change."""
        return source[: self.start] + self.replacement.encode() + source[self.end :]


def mutants_of(path: Path) -> list[Mutant]:
    """All changes that can be made to a Python file, from its top to its end."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = set()
    for place in _places(ast.parse(source), None, in_function=False):
        node = place.node
        if node.end_lineno is None or node.end_col_offset is None:
            continue
        found |= {
            Mutant(
                path=path,
                line=node.lineno,
                lines=1 if isinstance(node, ast.stmt) else node.end_lineno - node.lineno + 1,
                statement_line=place.statement.lineno,
                in_function=place.in_function,
                operator=operator,
                start=starts[node.lineno - 1] + node.col_offset,
                end=starts[node.end_lineno - 1] + node.end_col_offset,
                replacement=_written(node, changed),
            )
            for operator, changes in _OPERATORS
            for changed in changes(node)
        }
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.operator, mutant.replacement))


@dataclass(frozen=True, slots=True)
class _Place:
    node: ast.stmt | ast.expr
    statement: ast.stmt
    in_function: bool


def _places(node: ast.AST, statement: ast.stmt | None, *, in_function: bool) -> Iterator[_Place]:
    if isinstance(node, ast.stmt):
        statement = node
    if isinstance(node, ast.stmt | ast.expr) and statement is not None:
        yield _Place(node, statement, in_function)
    in_function |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for name, value in ast.iter_fields(node):
        if name in _DECLARATIONS:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_silent(child):
                yield from _places(child, statement, in_function=in_function)


def _written(node: ast.stmt | ast.expr, changed: ast.AST) -> str:
    text = ast.unparse(changed)
    if isinstance(node, ast.stmt):
        return text.replace("\n", "\n" + " " * node.col_offset)
    return text if isinstance(changed, ast.Constant | ast.Name) else f"({text})"


def _is_silent(node: ast.AST) -> bool:
    """Whether nothing that is behaviour stands here."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Global() | ast.Nonlocal() | ast.JoinedStr() | ast.Assert():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("__"):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))) if name in _LOGGERS:
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return True
    return False


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _comparison(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            ops = [*node.ops[:place], _COMPARISONS[type(operator)](), *node.ops[place + 1 :]]
            yield _changed(node, ops=ops)


def _connective(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        yield _changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _negation(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.IfExp() | ast.While() if not isinstance(node.test, ast.UnaryOp | ast.Compare | ast.Constant):
            yield _changed(node, test=ast.UnaryOp(op=ast.Not(), operand=node.test))


def _arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield _changed(node, op=_ARITHMETIC[type(node.op)]())


def _constant(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Dict():
            for place, entry in enumerate(node.values):
                if changed := _other_word(entry):
                    yield _changed(node, values=[*node.values[:place], changed, *node.values[place + 1 :]])
        case ast.Compare():
            for place, other in enumerate(node.comparators):
                if changed := _other_word(other):
                    rest = node.comparators
                    yield _changed(node, comparators=[*rest[:place], changed, *rest[place + 1 :]])


def _other_word(node: ast.AST) -> ast.Constant | None:
    """Another word in place of one that is compared with or stands in a mapping; sentences are left alone."""
    match node:
        case ast.Constant(value=str() as value) if value and not any(letter.isspace() for letter in value):
            return ast.Constant(f"{value}_changed")
    return None


def _return_value(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=ast.Constant()) | ast.Return(value=None):
            return
        case ast.Return():
            yield ast.Return(ast.Constant(None))


def _statement(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.Raise() | ast.Delete() | ast.AugAssign():
            yield ast.Pass()
        case ast.Continue() | ast.Break():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.If(orelse=[]):
            yield ast.Pass()


def _handler(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Try | ast.TryStar):
        for place, handler in enumerate(node.handlers):
            if len(handler.body) == 1 and isinstance(handler.body[0], ast.Raise):
                continue
            letting_out = _changed(handler, body=[ast.Raise()])
            yield _changed(node, handlers=[*node.handlers[:place], letting_out, *node.handlers[place + 1 :]])
        if node.finalbody:
            yield _changed(node, finalbody=[ast.Pass()])


def _argument(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Call(args=[first, second, *rest]) if not isinstance(first, ast.Starred) and not isinstance(
            second, ast.Starred
        ):
            if ast.dump(first) != ast.dump(second):
                yield _changed(node, args=[second, first, *rest])
    # An argument that a class is built with can rarely be left out at all.
    if isinstance(node, ast.Call) and not ast.unparse(node.func).rpartition(".")[2][:1].isupper():
        for place, keyword in enumerate(node.keywords):
            if keyword.arg is not None and not isinstance(keyword.value, ast.Constant):
                yield _changed(node, keywords=[*node.keywords[:place], *node.keywords[place + 1 :]])


_OPERATORS: tuple[tuple[str, Callable[[ast.AST], Iterator[ast.AST]]], ...] = (
    ("comparison", _comparison),
    ("connective", _connective),
    ("negation", _negation),
    ("arithmetic", _arithmetic),
    ("constant", _constant),
    ("return", _return_value),
    ("statement", _statement),
    ("handler", _handler),
    ("argument", _argument),
)
