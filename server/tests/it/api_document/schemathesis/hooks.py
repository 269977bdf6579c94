"""Requests that are not tried, because the document cannot say in a schema what its words say."""

import datetime

import schemathesis

# Rows that paging reaches.
DEEPEST_ROW = 100_000


@schemathesis.hook
def filter_case(context, case):
    query = case.query or {}
    return not (has_empty(query) or is_too_deep(query) or ends_before_it_begins(query))


def has_empty(query):
    """An empty parameter is as good as none, and so is a list of nothing: it is no mistake."""

    def is_empty(value):
        if isinstance(value, (list, dict)):
            return not any(value)
        return value is None or isinstance(value, str) and not value.strip(",")

    return any(is_empty(value) for value in query.values())


def is_too_deep(query):
    """Each of the two is allowed, and together they are not."""
    try:
        return int(query.get("page", 1)) * int(query.get("limit", 20)) > DEEPEST_ROW
    except (TypeError, ValueError):
        return False


def ends_before_it_begins(query):
    """The same; a day's difference may be one of offsets."""
    try:
        first, last = (datetime.date.fromisoformat(query[name][:10]) for name in ("from", "to"))
    except (KeyError, TypeError, ValueError):
        return False
    return last - first < datetime.timedelta(days=2)
