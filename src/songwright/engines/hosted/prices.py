"""What the hosted API is said to charge, in US dollars.

The figures are those of its public price page (reference prices without discounts). Actions that the page
does not list are taken to cost as much as the nearest that it does, so a limit is kept rather than missed.
"""

from __future__ import annotations

from songwright.music.actions import ActionName

__all__ = ["UPLOAD_USD", "USD_BY_ACTION"]

USD_BY_ACTION: dict[ActionName, float] = {
    "generate": 0.08,
    "cover": 0.10,
    "extend": 0.05,
    "variation": 0.10,
    "swap_vocals": 0.05,
    "swap_instrumentals": 0.05,
    "replace_section": 0.05,
    "stems": 0.05,
}
UPLOAD_USD = 0.01
