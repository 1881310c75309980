"""Orders: what was bought, where it goes, and where each unit of the demand stands."""
