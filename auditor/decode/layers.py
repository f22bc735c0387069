"""All layers, by name. A new encoding is one module with a `Layer` and one entry here."""

from __future__ import annotations

from auditor.decode import base64, entities, escapes, hexadecimal, json_string, packed, percent, terminal, utf16

LAYERS = {
    layer.name: layer
    for layer in (
        json_string.LAYER, escapes.SINGLE, escapes.BARE, percent.LAYER, base64.LAYER, hexadecimal.LAYER,
        entities.LAYER, terminal.ANSI, terminal.WRAP, packed.LAYER, utf16.LAYER,
    )
}  # fmt: skip
BINARY = ("packed", "utf16")
"""Layers of the bytes that base64 stood for, told by how those begin."""
