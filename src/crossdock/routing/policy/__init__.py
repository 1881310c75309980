"""The merchant's routing policy as a document: conditions, routes, what it compiles to, and what is wrong with it."""
