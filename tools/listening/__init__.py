"""The listening report: what songwright's songs measure, over a fixed set of requests."""
