"""Who may read the metrics: the one place that REST, WebSocket and event stream ask."""


def may_read() -> bool:
    """Tell whether a client may read the metrics. Today everyone may."""
    return True
