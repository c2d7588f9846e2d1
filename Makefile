# The commands that matter are `make run` and `make test`: both install what is missing.

.DEFAULT_GOAL := help
.PHONY: help run test check lint types hooks bench simulate soak

BIN := .venv/bin
ENVIRONMENT := .venv/.made

# With this variable, each of the dozens of programs in the tests would compile all its modules again.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 17

run: $(ENVIRONMENT) ## Run everything on this machine (PORT=8000 DATA_DIR=.local)
	@exec $(BIN)/python manage.py start

test: $(ENVIRONMENT) ## Run every test, or some: make test ARGS="tests/chat -k stop"
	@$(BIN)/python -m tests.support.chromium
	@$(BIN)/pytest $(ARGS)

check: lint types ## Check style, types and the fast tests of what changed (SINCE=main)
	@$(BIN)/python -m tests.support.changed $(SINCE)

lint: $(ENVIRONMENT) ## Check style, templates and which way imports point
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/lint-imports

types: $(ENVIRONMENT) ## Check types
	@$(BIN)/mypy

hooks: $(ENVIRONMENT) ## Have git check every commit and its subject
	@$(BIN)/pre-commit install

bench: $(ENVIRONMENT) ## Measure what replies, the API, growth, long conversations and the guide cost
	@$(BIN)/python -m benchmarks.figures --runs 1
	@$(BIN)/python -m benchmarks.inference_stream
	@$(BIN)/python -m benchmarks.long_conversation
	@$(BIN)/python -m benchmarks.guide_pages

simulate: $(ENVIRONMENT) ## Model what 1,000 to 100,000 replies at once need (FIGURES=file of benchmarks.figures --json)
	@$(BIN)/python -m benchmarks.simulate $(if $(FIGURES),--figures $(FIGURES))

soak: $(ENVIRONMENT) ## Kill things at random under fifty replies (SOAK_MINUTES=30 SOAK_SEED=)
	@$(BIN)/python -m tests.faults.soak

# Made anew when one of its sources changes.
$(ENVIRONMENT): pyproject.toml uv.lock .python-version apps/embedded/make_environment.sh
	@sh apps/embedded/make_environment.sh
	@touch $@
