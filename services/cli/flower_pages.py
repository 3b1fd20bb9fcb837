"""Flower's pages and HTTP API as Kiosque has them: behind its login, read-only unless it is told otherwise."""

import binascii
import hmac
import re
from base64 import b64decode
from typing import Any

from flower.api import BaseApiHandler
from flower.api.tasks import TaskSend
from flower.app import Flower
from flower.views import BaseHandler
from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError

from shared.pipeline import STAGES, stage_of_task
from shared.store.bad_messages import fault_of_arguments

#: What asks for no login: a container's health check.
OPEN_PATH = "/healthcheck"
#: Reads, although it may be asked by POST.
_READING_PATH = "/tasks/datatable"
_READING = ("GET", "HEAD", "OPTIONS")


class Pages(Flower):  # type: ignore[misc]
    """Flower's application. Who may ask is decided here, before any of its handlers: what it adds later is closed too.

    Flower 2.2 by itself leaves /metrics open, and answers a login that is not ASCII with its error page.
    """

    def __init__(self, *, login: str, **options: Any) -> None:
        super().__init__(**options)
        self._login = login.encode()
        self.add_handlers(
            ".*",
            [(r"/api/task/send-task/(.+)", SendTask), (r"/api/task/(?:async-apply|apply)/(.+)", NoApply)],
        )

    def find_handler(self, request: HTTPServerRequest, **parts: Any) -> Any:
        if request.path != OPEN_PATH and not self._is_known(request.headers.get("Authorization", "")):
            return self.get_handler_delegate(request, Login)
        if self.options.read_only and request.method not in _READING and request.path != _READING_PATH:
            return self.get_handler_delegate(request, ReadOnly)
        return super().find_handler(request, **parts)

    def _is_known(self, header: str) -> bool:
        scheme, _, credentials = header.partition(" ")
        try:
            given = b64decode(credentials, validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, self._login)


class Login(BaseHandler):  # type: ignore[misc]
    """For whoever has not said who they are."""

    def prepare(self) -> None:
        self.current_user = None
        raise HTTPError(401)


class ReadOnly(BaseApiHandler):  # type: ignore[misc]
    """For whatever changes something, in an installation whose Flower only shows."""

    def prepare(self) -> None:
        raise HTTPError(403, "Flower only shows here: start it with KIOSQUE_FLOWER_WRITE=1, or use kiosque publish\n")


class SendTask(TaskSend):  # type: ignore[misc]
    """`send-task`: a message that no worker could take is refused before it is sent."""

    async def post(self, taskname: str) -> None:
        stage = stage_of_task(taskname)
        if stage is None:
            known = ", ".join(one.task for one in STAGES.values())
            raise HTTPError(404, f"no stage has the task {taskname!r}; the tasks are: {known}\n")
        args, kwargs, options = self.get_task_args()
        if fault := fault_of_arguments(stage, args, kwargs):
            raise HTTPError(400, f"{fault[1]}\n")
        if options:
            raise HTTPError(400, f"a message is args and nothing else; leave out: {', '.join(options)}\n")
        await super().post(taskname)


class NoApply(BaseApiHandler):  # type: ignore[misc]
    """Flower knows only the names of our tasks, and there are no results to wait for."""

    def post(self, taskname: str) -> None:
        raise HTTPError(404, f"no task is applied here: POST /api/task/send-task/{taskname}\n")


def show_readably(task: Any) -> Any:
    """A task as Flower's pages show it: its argument is `article 1234`, and what says nothing is left out."""
    stage = stage_of_task(task.name or "")
    found = re.fullmatch(r"\[(\d+)\]", task.args or "")
    if stage and found:
        task.args = f"{stage.subject} {found[1]}"
    if task.kwargs == "{}":
        task.kwargs = None
    if task.result == "None":
        task.result = None
    return task
