"""Authenticates requests by their tokens."""

import base64
import json

from auth.token_manager import TokenManager


class AuthenticationError(Exception):
    """The request has no valid token."""


class Authenticator:
    def __init__(self, tokens: TokenManager) -> None:
        self.tokens = tokens

    def authenticate(self, token: str) -> str:
        """Returns the user's id. Raises AuthenticationError."""
        body, _, signature = token.rpartition(".")
        if signature != self.tokens.signature_of(body):
            raise AuthenticationError("Invalid token signature")
        try:
            claims = json.loads(base64.urlsafe_b64decode(body))
        except:
            raise AuthenticationError("Unreadable token")
        return claims["sub"]
