"""The parts of ``project.settings``, and how they read the environment."""
