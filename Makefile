# Every target prepares the environment first; `make demo` and `make test` are all that a fresh
# clone needs.

bin := .venv/bin

.PHONY: install demo test check format lock benchmark clean

install:
	@./install.sh

demo: install
	$(bin)/malmoi demo

test: check
	$(bin)/pytest

check: install
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports

format: install
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

# The one command that makes the lock from pyproject.toml.
lock: install
	$(bin)/uv pip compile --quiet --upgrade --generate-hashes --no-header --extra dev \
	    --python-version 3.10 pyproject.toml --output-file requirements/lock.txt
	sed -n '/^uv==/,/^[a-z].*==/p' requirements/lock.txt | sed '1!{/^[a-z]/d}' | sed '/^ *#/d' \
	    | sed '$$ s/ \\$$//' > requirements/uv.txt

benchmark: install
	$(bin)/python benchmarks/pipeline_runs.py demo nsmc 3i4k
	$(bin)/python benchmarks/data_gate.py

clean:
	rm -rf .venv build ./*.egg-info runs
