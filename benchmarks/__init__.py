"""Yardsticks: `make bench` measures them all and writes results/latest.json."""
