"""Who may do what: roles in order, each with the rights of those before it."""

ANYONE = "anyone"
"""No token is needed."""

ROLES = ("reader", "editor", "reviewer", "admin")
"""The roles that a token can have. Reading is open to anyone, so a reader's token opens nothing more today."""


def allows(role: str, needed: str) -> bool:
    """Whether a role has the rights of another."""
    return needed == ANYONE or (role in ROLES and ROLES.index(role) >= ROLES.index(needed))
