"""What Superset is told; it reads this file because SUPERSET_CONFIG_PATH names it. Everything it keeps is under <home>/superset."""

import os
from pathlib import Path

STATE = Path(os.environ["SUPERSET_HOME"])
SECRET_KEY = (STATE / "secret_key").read_text(encoding="ascii")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{STATE / 'superset.db'}"
# Every look reads the published file: what is shown is never older than the file, and no rows are kept a second time.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
ROW_LIMIT = 10_000
SQL_MAX_ROW = 100_000
LOG_LEVEL = "ERROR"
# It answers on this machine only, over http. Superset's own policy also lets the page fetch a counting pixel, fonts and map tiles from
# elsewhere; this one lets it fetch nothing that is not served here.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
