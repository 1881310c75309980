"""The catalogue: items, bundles, substitutes, handling classes."""
