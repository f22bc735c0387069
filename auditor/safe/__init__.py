"""Neutralising text per output target and careful file handling; knows no other room."""
