"""C2PA manifests in exports: a signed statement of where a file comes from. Needs the ``c2pa`` extra.

The manifest says, in the words of the C2PA Technical Specification 2, that the file was created by a trained
model, by which software, from which song. A recording that was imported gets none: who made it is not known
here, and a signature would vouch for it. Without a signer's certificate there is none: the operator
sets one, and the tags say the same unsigned.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import songwright
from songwright.errors import ConfigurationError
from songwright.exports.formats import ExportFormat
from songwright.exports.provenance import Provenance
from songwright.settings import Settings

__all__ = ["SIGNED_FORMATS", "Credentials", "credentials_from", "sign_file"]

SIGNED_FORMATS: dict[ExportFormat, str] = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "waveform": "image/png",
    "piano_roll": "image/png",
    "video": "video/mp4",
}
"""Formats that have a place for a manifest, and their names at the C2PA library."""

_CERTIFICATE_SETTING = "SONGWRIGHT_C2PA_CERTIFICATE"
_KEY_SETTING = "SONGWRIGHT_C2PA_KEY"
_CURVE_ALGORITHMS = {256: "es256", 384: "es384", 521: "es512"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs.

    Attributes:
        certificate: PEM file with the chain, the signer's certificate first.
        key: PEM file with its private key.
    """

    certificate: Path
    key: Path


def credentials_from(settings: Settings) -> Credentials | None:
    """The signer that the operator has set, or None.

    Raises:
        ConfigurationError: The certificate is set without its key, or the key without a certificate.
    """
    match settings.c2pa_certificate, settings.c2pa_key:
        case None, None:
            return None
        case Path() as certificate, Path() as key:
            return Credentials(certificate, key)
        case None, _:
            raise ConfigurationError(
                "set the certificate that belongs to the key", setting=_CERTIFICATE_SETTING
            )
        case _:
            raise ConfigurationError("set the key that belongs to the certificate", setting=_KEY_SETTING)


def sign_file(
    path: Path, export_format: ExportFormat, title: str, provenance: Provenance, credentials: Credentials
) -> None:
    """Put a signed manifest into a file of one of ``SIGNED_FORMATS``; tags and sound stay as they are.

    Signatures hold the time and chance, so signed files differ each time.

    Raises:
        ConfigurationError: The extra is not installed, or certificate and key are no pair that can sign.
    """
    try:
        import c2pa
    except ImportError as error:
        raise ConfigurationError(
            "signing needs a package; install songwright[c2pa], or unset this", setting=_CERTIFICATE_SETTING
        ) from error
    chain = _read(credentials.certificate, _CERTIFICATE_SETTING)
    key = _read(credentials.key, _KEY_SETTING)
    signed = path.with_name(f".signed{path.suffix}")
    try:
        info = c2pa.C2paSignerInfo(_algorithm(key), chain, key, None)
        with (
            path.open("rb") as source,
            signed.open("w+b") as target,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(_manifest(title, provenance)) as builder,
        ):
            builder.sign(signer, SIGNED_FORMATS[export_format], source, target)
        signed.replace(path)
    except c2pa.C2paError as error:
        raise ConfigurationError(
            "the certificate can't sign; it must be for e-mail or documents, come with its chain, and belong "
            "to the key",
            setting=_CERTIFICATE_SETTING,
        ) from error
    finally:
        signed.unlink(missing_ok=True)


def _manifest(title: str, provenance: Provenance) -> dict[str, Any]:
    software = {"name": "songwright", "version": songwright.__version__}
    created = {
        "action": "c2pa.created",
        "digitalSourceType": provenance.digital_source_type,
        "softwareAgent": software,
    }
    return {
        "claim_generator_info": [software],
        "title": title,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": "org.songwright.song", "data": provenance.fields()},
        ],
    }


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError("the file can't be read; name a PEM file", setting=setting) from error


def _algorithm(key: bytes) -> str:
    """The name that C2PA has for what a private key signs with."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    refused = ConfigurationError(
        "must be a PEM file with an EC, Ed25519 or RSA private key and no password", setting=_KEY_SETTING
    )
    try:
        loaded = load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:
        raise refused from error
    if isinstance(loaded, EllipticCurvePrivateKey) and loaded.key_size in _CURVE_ALGORITHMS:
        return _CURVE_ALGORITHMS[loaded.key_size]
    if isinstance(loaded, Ed25519PrivateKey):
        return "ed25519"
    if isinstance(loaded, RSAPrivateKey):
        return "ps256"
    raise refused
