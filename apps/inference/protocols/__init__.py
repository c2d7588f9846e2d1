"""The protocols, by the name that an endpoint stores."""
