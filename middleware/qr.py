"""QR codes: an address that a telephone can read from paper. The only module that draws them."""

import io

import segno


def svg(text: str) -> str:
    """A drawing of the code, with its quiet zone; level M bears a fold or a stain."""
    drawn = io.BytesIO()
    segno.make_qr(text, error="m").save(drawn, kind="svg", scale=4, border=3, dark="#1f1e1b", xmldecl=False)
    return drawn.getvalue().decode()
