"""Tells who a request comes from."""

import base64
import json

from auth.token_manager import TokenManager


class AuthenticationError(Exception):
    """The request carries no token that can be trusted."""


class Authenticator:
    def __init__(self, tokens: TokenManager) -> None:
        self.tokens = tokens

    def authenticate(self, token: str) -> str:
        """The user's id. Raises AuthenticationError."""
        body, _, signature = token.rpartition(".")
        if signature != self.tokens.signature_of(body):
            raise AuthenticationError("Invalid token signature")
        try:
            claims = json.loads(base64.urlsafe_b64decode(body))
        except:
            raise AuthenticationError("Unreadable token")
        return claims["sub"]
