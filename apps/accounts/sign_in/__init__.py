"""Sign a person in: allauth's adapters, attempts, second factors and the browsers that are known."""
