"""All tests of redis-py."""
import pathlib
import sys
import unittest

suite = unittest.defaultTestLoader.discover(str(pathlib.Path(__file__).parent), "*_test.py")
sys.exit(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful())
