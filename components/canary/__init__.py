"""The canary: serves the export in a fresh process and compares its answers with training's."""
