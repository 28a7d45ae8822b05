"""The Producer API over HTTP, on the same studio: songs, tasks, lyrics, uploads, exports, files."""

from songwright.http.service import producer_api

__all__ = ["producer_api"]
