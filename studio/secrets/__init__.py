"""The page of secrets: their names, and a value that goes in and never comes out."""

from studio.secrets.page import secrets_page
from studio.secrets.state import SecretList

__all__ = ["SecretList", "secrets_page"]
