"""The chat's views. Each page works as a plain page, and answers htmx with the part that changed."""
