"""RSA-SHA256 signatures (PKCS #1 v1.5, base64), as both WeChat Pay (SHA256-RSA2048) and Alipay (RSA2) use them. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

LEAST_BITS = 2_048
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class KeyUnreadable(ValueError):
    """The text is no RSA key of 2048 bits or more. It says nothing of the text: that may be a secret."""


def private_key(text: str) -> RSAPrivateKey:
    """This function will read a private key, PEM or the bare base64 Alipay's tool writes.   Raises: KeyUnreadable."""
    try:
        key = load_pem_private_key(text.encode(), None) if "-----" in text else load_der_private_key(_bare(text), None)
    except (ValueError, TypeError) as wrong:
        raise KeyUnreadable from wrong
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise KeyUnreadable
    return key


def public_key(text: str) -> RSAPublicKey:
    """This function will read a public key, PEM or bare base64.   Raises: KeyUnreadable."""
    try:
        key = load_pem_public_key(text.encode()) if "-----" in text else load_der_public_key(_bare(text))
    except ValueError as wrong:
        raise KeyUnreadable from wrong
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise KeyUnreadable
    return key


def certificate_keys(text: str) -> Mapping[str, RSAPublicKey]:
    """This function will give the keys of the PEM certificates in a text by serial number (hex, capitals)."""
    keys = {}
    for pem in _CERTIFICATE.findall(text):
        try:
            found = x509.load_pem_x509_certificate(pem.encode())
            key = found.public_key()
        except ValueError as wrong:
            raise KeyUnreadable from wrong
        if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
            raise KeyUnreadable
        keys[f"{found.serial_number:X}"] = key
    return keys


def sign(key: RSAPrivateKey, message: bytes) -> str:
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    """This function will say whether a signature is the key's; base64 written in another way than the usual one is not."""
    try:
        given = base64.b64decode(signature, validate=True)
        if base64.b64encode(given).decode() != signature:
            return False
        key.verify(given, message, PKCS1v15(), SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def _bare(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)
