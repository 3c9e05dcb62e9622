"""SQL tables, a file per noun. `base` says which of the two kinds a table is."""

# Importing the package makes every table known to its metadata: for migrations and for a rebuild of the mirrors.
from middleware.models import (  # noqa: F401
    account,
    act,
    cash,
    command,
    disclosure,
    entry,
    event,
    execution,
    holding,
    instrument,
    key,
    lease,
    mandate,
    order,
    party,
    position,
    qualification,
    report,
    session,
    submission,
    trade,
    transfer,
    user,
    webhook,
)
