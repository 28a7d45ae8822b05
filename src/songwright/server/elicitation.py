"""Asking the person at the client, where the client can ask.

On 2026-07-28 a call that needs an answer ends with its questions and is made again with the answers; on
older revisions the question goes out while the call waits. A client that can't ask gets no question: the
tool then says in its error what to give instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mcp_types as wire
from mcp.server.context import ServerRequestContext
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from songwright.server.tool import Question

__all__ = ["InputNeeded", "ask"]

_Context = ServerRequestContext[Any, Any]


class InputNeeded(Exception):  # noqa: N818 - no error: the call goes on with the answers
    """Ends a call with questions, to be made again with their answers."""

    def __init__(self, result: wire.InputRequiredResult) -> None:
        super().__init__("the call needs answers")
        self.result = result


async def ask(
    context: _Context, given: Mapping[str, wire.InputResponse], questions: Sequence[Question]
) -> dict[str, str]:
    """The answers to questions by their field; none for a question that was declined or can't be asked.

    Args:
        context: Of the call that asks.
        given: Answers that came with the call.
        questions: What to ask.

    Raises:
        InputNeeded: The client must be asked before the call can go on.
    """
    if not questions or not _can_be_asked(context):
        return {}
    if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
        open_questions = {question.field: _request(question) for question in questions}
        if not open_questions.keys() <= given.keys():
            raise InputNeeded(wire.InputRequiredResult(input_requests=dict(open_questions)))
        answers = {question.field: given[question.field] for question in questions}
        return _accepted(questions, answers)
    live: dict[str, wire.InputResponse] = {}
    for question in questions:
        live[question.field] = await context.session.elicit_form(
            question.text, _form(question), related_request_id=context.request_id
        )
    return _accepted(questions, live)


def _can_be_asked(context: _Context) -> bool:
    capabilities = context.session.client_capabilities
    asks = capabilities.elicitation if capabilities else None
    # Before there were modes, a client that declared nothing else meant forms.
    has_forms = asks is not None and (asks.form is not None or asks.url is None)
    return has_forms and (
        context.protocol_version in MODERN_PROTOCOL_VERSIONS or context.session.can_send_request
    )


def _request(question: Question) -> wire.ElicitRequest:
    return wire.ElicitRequest(
        params=wire.ElicitRequestFormParams(message=question.text, requested_schema=_form(question))
    )


def _form(question: Question) -> dict[str, Any]:
    choices = [{"const": value, "title": label} for value, label in question.choices.items()]
    return {
        "type": "object",
        "properties": {question.field: {"type": "string", "title": question.title, "oneOf": choices}},
        "required": [question.field],
    }


def _accepted(questions: Sequence[Question], answers: Mapping[str, wire.InputResponse]) -> dict[str, str]:
    accepted: dict[str, str] = {}
    for question in questions:
        match answers[question.field]:
            case wire.ElicitResult(action="accept", content=dict() as content):
                chosen = content.get(question.field)
                if isinstance(chosen, str) and chosen in question.choices:
                    accepted[question.field] = chosen
            case _:
                pass
    return accepted
