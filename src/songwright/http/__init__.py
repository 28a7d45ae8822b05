"""The Producer API over HTTP, on the same studio: songs, tasks, lyrics, uploads, exports, files."""

from songwright.http.service import deliver_callbacks, producer_api

__all__ = ["deliver_callbacks", "producer_api"]
