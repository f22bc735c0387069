"""One check a module, found by its name; the contract is in `auditor.detect.candidate`."""
