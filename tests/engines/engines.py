"""Asks each engine all questions about one store, and compares with what s3al answers from the logs."""

import contextlib
import csv
import io
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

import questions

LOG = pathlib.Path("tests/fixtures/questions.log").resolve()


class Program:
    """s3al, with nothing of the user's own settings."""

    def __init__(self, path, folder):
        self.path, self.folder = path, folder
        self.variables = {"PATH": os.environ["PATH"], "HOME": str(folder)}

    def run(self, *words):
        ran = subprocess.run([self.path, *words], cwd=self.folder, env=self.variables, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True)
        if ran.returncode != 0:
            raise SystemExit(f"s3al {shlex.join(words)}: {ran.stderr}")
        return ran.stdout

    def rows(self, *words):
        return list(csv.DictReader(io.StringIO(self.run(*words, "--format", "csv", "-q"))))

    def statements(self, engine, *words):
        lines = self.run("ddl", engine, *words).splitlines()
        text = "\n".join(line for line in lines if not line.startswith("--"))
        return [statement for statement in text.split(";") if statement.strip()]


class DuckDb:
    def __init__(self, program, _folder):
        import duckdb

        self.connection = duckdb.connect()
        for statement in program.statements("duckdb", "store"):
            self.connection.execute(statement)

    def ask(self, sql):
        # What knows of time zones is an extension that would be downloaded; these need none.
        sql = re.sub(r"timestamp '([^']*)'", r"timestamptz '\1+00'", sql)
        sql = sql.replace("date_trunc('minute', timestamp)", "epoch_ms(timestamp) // 60000")
        return self.connection.execute(sql).fetchall()

    def stop(self):
        self.connection.close()


class ClickHouse:
    def __init__(self, program, _folder):
        from chdb import session

        self.session = session.Session()
        self.session.query("set session_timezone = 'UTC'")
        for statement in program.statements("clickhouse", "store"):
            self.session.query(statement)

    def ask(self, sql):
        import json

        return json.loads(str(self.session.query(sql, "JSONCompact")))["data"]

    def stop(self):
        self.session.close()


class Spark:
    """Two executors, each a process of its own."""

    def __init__(self, program, folder):
        from pyspark.sql import SparkSession

        self.session = (
            SparkSession.builder.master("local-cluster[2,1,1024]")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate()
        )
        self.session.sparkContext.setLogLevel("ERROR")
        for statement in program.statements("spark", "store"):
            self.session.sql(statement)

    def ask(self, sql):
        return [tuple(row) for row in self.session.sql(sql).collect()]

    def stop(self):
        executors = self.session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
        self.session.stop()
        if executors != 2:
            raise AssertionError(f"Spark had {executors} executors beside its driver")


def text(value):
    """A value as s3al's CSV has it."""
    return "" if value is None else str(value)


def compare(name, found, expected):
    found = sorted([text(value) for value in row] for row in found)
    expected = sorted(expected)
    if found != expected:
        raise AssertionError(f"{name}\n  found    {found}\n  expected {expected}")


def answers(program):
    """What s3al's own reports answer, from the logs."""
    found = {}
    for question in questions.ALL:
        rows = program.rows(*shlex.split(question.command), "--limit", "0", str(LOG))
        columns = question.columns.split(",")
        found[question.name] = [[row[column] for column in columns] for row in rows]
        if not found[question.name]:
            raise SystemExit(f"{question.name}: no row, so nothing is compared")
    return found


def counts(program):
    """How many values each column has, and how many different ones."""
    columns = [row["column_name"] for row in program.rows("sql", "describe logs", str(LOG))]
    fields = columns[: columns.index("extra")]
    sql = "select " + ", ".join(f"count({field}), count(distinct {field})" for field in fields) + " from logs"
    aliased = "select " + ", ".join(
        f"count({field}) as a{place}, count(distinct {field}) as b{place}" for place, field in enumerate(fields)
    ) + " from logs"
    return sql, [list(row.values()) for row in program.rows("sql", aliased, str(LOG))]


def rewritten(program, expected):
    """A store that DuckDB has written anew, with other files, types and statistics, is the same source: line by line, and in answers."""
    import duckdb

    rows = "select * from read_parquet('store/date=*/*.parquet', hive_partitioning = true) order by request_id"
    with contextlib.chdir(program.folder):
        duckdb.execute(f"copy ({rows}) to 'rewritten' (format parquet, partition_by (date), compression zstd)")
    lines = sorted(program.run("export", "--format", "raw", "rewritten").splitlines())
    if lines != sorted(program.run("export", "--format", "raw", "store").splitlines()) or not lines:
        raise AssertionError("the lines of a store that DuckDB wrote are not those of ours")
    for question in questions.ALL:
        answered = program.rows(*shlex.split(question.command), "--limit", "0", "rewritten")
        columns = question.columns.split(",")
        compare(question.name, [[row[column] for column in columns] for row in answered], expected[question.name])


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        program = Program(sys.argv[1], folder)
        program.run("convert", str(LOG), "-o", "store")
        expected = answers(program)
        sql, numbers = counts(program)
        rewritten(program, expected)
        print("ok   s3al: a store that DuckDB wrote anew")
        for engine in (DuckDb, ClickHouse, Spark):
            started = time.monotonic()
            reader = engine(program, folder)
            checks = [(question.name, question.sql, expected[question.name]) for question in questions.ALL]
            for name, query, rows in [*checks, ("How many values has each field?", sql, numbers)]:
                try:
                    compare(name, reader.ask(query), rows)
                    print(f"ok   {engine.__name__}: {name}")
                except Exception as error:
                    failures += 1
                    print(f"FAIL {engine.__name__}: {error}")
            reader.stop()
            print(f"     {engine.__name__}: {time.monotonic() - started:.0f} s")
    if failures:
        raise SystemExit(f"{failures} answers differ")


if __name__ == "__main__":
    main()
