from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import soundfile
from tests.exports.songs_help import SONG_ID, TITLE, small_material, sound
from tinytag import TinyTag

from songwright.errors import ConfigurationError
from songwright.exports.credentials import Credentials, credentials_from
from songwright.exports.formats import ExportFormat, ExportOptions
from songwright.exports.provenance import DIGITAL_SOURCE_TYPE
from songwright.exports.writing import written
from songwright.settings import Settings

pytest.importorskip("c2pa")
pytest.importorskip("cryptography")


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    """A signer's certificate and the root that issued it, both new."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    root_key, signer_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def certificate(name: str, key: ec.EllipticCurvePrivateKey, *, is_root: bool) -> x509.Certificate:
        def named(common: str) -> x509.Name:
            return x509.Name(
                [
                    x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests"),
                    x509.NameAttribute(NameOID.COMMON_NAME, common),
                ]
            )

        now = datetime.now(UTC)
        usage = x509.KeyUsage(not is_root, False, False, False, False, is_root, is_root, False, False)
        builder = (
            x509.CertificateBuilder(named("root"), named(name), key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
            )
        )
        if not is_root:
            purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(purposes, critical=False)
        return builder.sign(root_key, hashes.SHA256())

    folder = tmp_path_factory.mktemp("credentials")
    chain = [certificate("signer", signer_key, is_root=False), certificate("root", root_key, is_root=True)]
    (folder / "chain.pem").write_bytes(b"".join(link.public_bytes(Encoding.PEM) for link in chain))
    (folder / "key.pem").write_bytes(
        signer_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return Credentials(folder / "chain.pem", folder / "key.pem")


@pytest.mark.parametrize("name", ["wav", "flac", "mp3", "waveform"])
def test_a_signed_export_has_a_valid_manifest(
    name: ExportFormat, credentials: Credentials, tmp_path: Path
) -> None:
    import c2pa

    material = small_material(tmp_path / "song", sound(seconds=1.0, peak=0.2))
    path = written(material, name, ExportOptions(), tmp_path / "exports", credentials)

    with c2pa.Reader(path) as reader:
        told = json.loads(reader.json())
    assert told["validation_state"] == "Valid"
    said = json.dumps(told["manifests"][told["active_manifest"]])
    assert DIGITAL_SOURCE_TYPE in said
    assert SONG_ID in said


@pytest.mark.parametrize("name", ["wav", "flac", "mp3"])
def test_signing_leaves_tags_and_sound_as_they_are(
    name: ExportFormat, credentials: Credentials, tmp_path: Path
) -> None:
    material = small_material(tmp_path / "song", sound(seconds=1.0, peak=0.2))
    plain, signed = (
        written(material, name, ExportOptions(), tmp_path / "exports", signer)
        for signer in (None, credentials)
    )

    assert signed != plain
    assert (soundfile.read(signed)[0] == soundfile.read(plain)[0]).all()
    found = TinyTag.get(signed, image=True)
    assert found.title == TITLE
    assert found.other["song_id"] == [SONG_ID]
    assert found.images.front_cover is not None


def test_formats_without_a_place_for_a_manifest_are_written_all_the_same(
    credentials: Credentials, tmp_path: Path
) -> None:
    material = small_material(tmp_path / "song")
    assert written(material, "midi", ExportOptions(), tmp_path / "exports", credentials).exists()


def test_credentials_that_cannot_sign_are_the_operators_to_mend(
    credentials: Credentials, tmp_path: Path
) -> None:
    material = small_material(tmp_path / "song", sound(seconds=0.5))
    wrong = tmp_path / "wrong.pem"
    for broken, setting in (
        (Credentials(tmp_path / "none.pem", credentials.key), "SONGWRIGHT_C2PA_CERTIFICATE"),
        (Credentials(credentials.certificate, tmp_path / "none.pem"), "SONGWRIGHT_C2PA_KEY"),
        (Credentials(credentials.certificate, wrong), "SONGWRIGHT_C2PA_KEY"),
        (Credentials(wrong, credentials.key), "SONGWRIGHT_C2PA_CERTIFICATE"),
    ):
        wrong.write_text("not a key")
        with pytest.raises(ConfigurationError, match=setting):
            written(material, "wav", ExportOptions(), tmp_path / "exports", broken)
    assert not [path for path in (tmp_path / "exports").rglob("*") if path.is_file()]


def test_a_certificate_and_its_key_are_set_together(tmp_path: Path) -> None:
    one = tmp_path / "one.pem"
    assert credentials_from(Settings(home=tmp_path)) is None
    with pytest.raises(ConfigurationError, match="SONGWRIGHT_C2PA_KEY"):
        credentials_from(Settings(home=tmp_path, c2pa_certificate=one))
    with pytest.raises(ConfigurationError, match="SONGWRIGHT_C2PA_CERTIFICATE"):
        credentials_from(Settings(home=tmp_path, c2pa_key=one))
    both = credentials_from(Settings(home=tmp_path, c2pa_certificate=one, c2pa_key=one))
    assert both == Credentials(one, one)
