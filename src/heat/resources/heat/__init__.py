"""Types that need no cloud service: values, random strings, tests, stand-ins."""
