"""Headers that every answer has: reads are open to pages of any origin, and nothing is guessed about what is sent."""

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For every answer that brings no policy of its own: no site frames it, and if it is shown, nothing runs."""

ALWAYS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Content-Language, ETag, KG-Seq, Link, Location, Retry-After"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", _POLICY),
)
"""What an answer has unless it says otherwise."""

PREFLIGHT = (
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    (
        "Access-Control-Allow-Headers",
        "Accept, Accept-Language, Authorization, Content-Type, If-Match, If-None-Match",
    ),
    ("Access-Control-Max-Age", "86400"),
)
"""What a page of another origin may ask for. Writes, too: browsers add no token, the page has to have one."""
