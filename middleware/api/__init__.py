"""The HTTP door: the schema and the routes of a noun on one page each. Speaks to services, never to tables."""
