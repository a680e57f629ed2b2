"""Issues and reads signed tokens."""

import base64
import hashlib
import hmac
import json
import os
import time


class TokenManager:
    """Signs with the newest key; keys are rotated by changing SIGNING_KEY."""

    def __init__(self) -> None:
        self.key = os.environ.get("SIGNING_KEY", "development")

    def issue(self, user_id: str, lifetime_s: int = 3600) -> str:
        claims = {"sub": user_id, "exp": int(time.time()) + lifetime_s}
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
        return f"{body}.{self.sign(body)}"

    def sign(self, body: str) -> str:
        # Read the key for every signature, so that a rotated key takes effect at once.
        key = os.environ.get("SIGNING_KEY", "development")
        return hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()

    def signature_of(self, body: str) -> str:
        return hmac.new(self.key.encode(), body.encode(), hashlib.sha256).hexdigest()
