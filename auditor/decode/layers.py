"""All layers, by name. A new encoding is one module with a `Layer` and one entry here."""

from __future__ import annotations

from auditor.decode import base64, entities, escapes, hexadecimal, json_string, packed, percent, terminal

LAYERS = {
    layer.name: layer
    for layer in (
        json_string.LAYER, escapes.SINGLE, escapes.BARE, percent.LAYER, base64.LAYER, hexadecimal.LAYER,
        entities.LAYER, terminal.ANSI, terminal.WRAP, packed.LAYER,
    )
}  # fmt: skip
