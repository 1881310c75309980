"""Stock views and shares: put, previewed, and standing behind the writer."""
