# The doors of the workshop. Each target is one line; what is longer lives in scripts/.
# make run PORT=9000, or PORT=9000 make run: HOST, PORT, DATA_DIR and the rest reach the program as they are.

.PHONY: run demo setup test check chaos bench gallery a11y lock clean

run: setup
	@exec .venv/bin/sportello serve

demo: setup
	@exec .venv/bin/sportello demo

setup:
	@scripts/setup

test: setup
	@scripts/test $(ARGS)

check: setup
	@scripts/check

# The long forms of what make test holds in small.
chaos: setup
	@.venv/bin/python -m pytest -m chaos --full -o faulthandler_timeout=0 $(ARGS)

a11y: setup
	@scripts/lighthouse
	@.venv/bin/python -m pytest -m a11y --full -o faulthandler_timeout=0 $(ARGS)

gallery: setup
	@.venv/bin/python -m pytest -m gallery --full -o faulthandler_timeout=0 $(ARGS)

bench: setup
	@.venv/bin/python -m bench $(ARGS)

# After a change of dependencies in pyproject.toml or package.json.
lock:
	@scripts/lock

# Leaves the data directory alone.
clean:
	@rm -rf .venv node_modules inbox/web/static dist gallery .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find inbox/translations -name '*.mo' -delete 2>/dev/null || true
