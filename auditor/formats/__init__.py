"""What bytes mean: one module per dialect, each turning a record into normalised events."""
