"""The pipeline: sources in, one audit document out."""
