"""The demonstration retailer: a year of real orders over an assumed network."""
