"""Sign a person in: allauth's adapters, limits on attempts, second factors and known browsers."""
