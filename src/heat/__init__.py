"""Heat launches and manages whole cloud applications from a template."""
