"""The ten requesters with the most requests, and the number of failed requests, as DuckDB and ClickHouse find them.

    others.py duckdb-csv|duckdb-split|duckdb-json|clickhouse FILE
    others.py duckdb-store|duckdb-seconds STORE
    others.py duckdb-copy STORE FILE

Each query is the cheapest of several that were tried and that give the right answer for lines whose request has no quotes
of its own: regular expressions took longer in both, and so did splitting at each of the spaces in ClickHouse.
"""

import sys
import time


def duckdb_csv(path):
    """As a file of columns between spaces; the time in brackets makes two of them."""
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(1, 31))
    return f"""
        select c6 as requester, count(*) as requests, count(*) filter (c11 between '4' and '9~') as failed
        from read_csv('{path}', auto_detect=false, header=false, delim=' ', quote='"', escape='',
            null_padding=true, strict_mode=false, ignore_errors=true, columns={{{columns}}})
        group by requester
    """


def duckdb_split(path):
    """As a file of lines, which are split at quotes."""
    return f"""
        select split_part(parts[1], ' ', 6) as requester, count(*) as requests,
            count(*) filter (parts[3][2] between '4' and '9') as failed
        from (
            select string_split(line, '"') as parts
            from read_csv('{path}', auto_detect=false, header=false, delim='\x01', quote='', escape='',
                columns={{'line': 'VARCHAR'}})
        )
        group by requester
    """


def duckdb_json(path):
    """The JSON delivery, of which only two members are asked for."""
    return f"""
        select requester, count(*) as requests, count(*) filter (http_status >= 400) as failed
        from read_json('{path}', format='newline_delimited',
            columns={{'requester': 'VARCHAR', 'http_status': 'INTEGER'}})
        group by requester
    """


def clickhouse(path):
    return f"""
        select splitByChar(' ', line, 7)[6] as requester, count() as requests,
            countIf(splitByChar('"', line, 4)[3] between ' 4' and ' 9~') as failed
        from file('{path}', LineAsString, 'line String')
        group by requester
    """


def duckdb_store(path):
    """A store, of which the columns have their types."""
    return f"""
        select requester, count(*) as requests, count(*) filter (http_status >= 400) as failed
        from read_parquet('{path}/*/*.parquet') group by requester
    """


def copy(path, file):
    """The same rows in one file, as DuckDB writes them."""
    import duckdb

    rows = f"select * exclude (line_form, line) from read_parquet('{path}/*/*.parquet', hive_partitioning = false)"
    duckdb.sql(f"copy ({rows}) to '{file}' (format parquet, compression zstd)")


def seconds(path):
    """How long the query over a store takes, without what it takes to load DuckDB and to begin."""
    import duckdb

    connection = duckdb.connect()
    begin = time.perf_counter()
    connection.sql(duckdb_store(path)).fetchall()
    print(f"{time.perf_counter() - begin:.4f}")


def groups(tool, path):
    """(requester, requests, failed) for each requester: few enough to sort and add up here."""
    if tool == "clickhouse":
        import chdb

        lines = str(chdb.query(clickhouse(path), "TSV")).splitlines()
        return [(name, int(requests), int(failed)) for name, requests, failed in (line.split("\t") for line in lines)]
    import duckdb

    query = {
        "duckdb-csv": duckdb_csv,
        "duckdb-split": duckdb_split,
        "duckdb-json": duckdb_json,
        "duckdb-store": duckdb_store,
    }[tool]
    return duckdb.sql(query(path)).fetchall()


def main():
    if sys.argv[1] == "duckdb-copy":
        return copy(*sys.argv[2:])
    if sys.argv[1] == "duckdb-seconds":
        return seconds(sys.argv[2])
    found = groups(*sys.argv[1:])
    if sys.argv[1] == "duckdb-store":
        for name, requests, failed in sorted(found, key=lambda row: (-row[1], row[0] or ""))[:10]:
            print(f"{name or '-'},{requests},{failed}")
        return None
    for name, requests, _ in sorted(found, key=lambda row: (-row[1], row[0] or "-"))[:10]:
        print(f"{requests}\t{name or '-'}")
    print(f"{sum(row[2] for row in found)}\tfailed")
    return None


main()
