"""What tasks cost, as the ledger remembers it, and the operator's limit on that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from songwright.errors import CostLimitError
from songwright.library.schema import tasks, to_microseconds

__all__ = ["DAY", "Cost", "caller_pays", "cost_facts", "refuse_too_costly", "spent_usd"]

DAY = timedelta(hours=24)

# Kept in a task's memory, where the engine adds what it has really caused.
_EXPECTED = "expected_usd"
_CHARGED = "charged_usd"
_CALLER_PAYS = "caller_pays"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a task is expected to cost.

    Attributes:
        expected_usd: In US dollars.
        caller_pays: Whether the caller's own account pays; such tasks count towards no limit.
        limit_usd: What all tasks of a day that the operator pays may cost together; None for no limit.
    """

    expected_usd: float = 0.0
    caller_pays: bool = False
    limit_usd: float | None = None


def cost_facts(cost: Cost) -> dict[str, Any]:
    """What a new task remembers of its cost."""
    facts: dict[str, Any] = {_EXPECTED: cost.expected_usd} if cost.expected_usd else {}
    return facts | ({_CALLER_PAYS: True} if cost.caller_pays else {})


def caller_pays(memory: Mapping[str, Any]) -> bool:
    """Whether a task, by what it remembers, is paid by the caller's own account."""
    return bool(memory.get(_CALLER_PAYS))


def spent_usd(connection: sa.Connection, since: datetime) -> float:
    """What the operator's tasks since a time have cost or may still cost."""
    wanted = sa.select(tasks.c.status, tasks.c.memory).where(tasks.c.created_at >= to_microseconds(since))
    return sum(_cost(row.status, row.memory) for row in connection.execute(wanted))


def refuse_too_costly(connection: sa.Connection, cost: Cost) -> None:
    """Refuse a task that would bring the day's costs over the limit.

    Raises:
        CostLimitError: It would.
    """
    if cost.limit_usd is None or cost.caller_pays or cost.expected_usd <= 0:
        return
    spent = spent_usd(connection, datetime.now(UTC) - DAY)
    if spent + cost.expected_usd > cost.limit_usd + 1e-9:
        raise CostLimitError(
            f"this would cost about ${cost.expected_usd:.2f}, and ${spent:.2f} of the ${cost.limit_usd:.2f} "
            "that SONGWRIGHT_MAX_COST allows in 24 hours are spent; name the engine 'local', wait, or have "
            "the limit raised",
            field="engine",
        )


def _cost(status: str, memory: Mapping[str, Any]) -> float:
    if caller_pays(memory):
        return 0.0
    expected = float(memory.get(_EXPECTED) or 0.0)
    charged = memory.get(_CHARGED)
    if status in ("queued", "running"):
        return max(expected, float(charged or 0.0))
    # An engine that tells no charges is taken to charge for what succeeds.
    return float(charged) if charged is not None else expected if status == "succeeded" else 0.0
