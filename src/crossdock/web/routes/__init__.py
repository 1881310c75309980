"""The pages, one module each; every module offers ``handlers``."""
