"""Rule packs, prefilter, extraction and checks: from bytes to matches."""
