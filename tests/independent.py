#!/usr/bin/env python3
"""A slow and simple reader of S3 server access logs, to check a fast one against.

It shares nothing with the Rust parser: where that one walks the line, this one has a few regular expressions. Prints
JSON. Standard library only.

    independent.py tally   FILE...    lines, records, rejected, ambiguous
    independent.py top     FILE...    requests, errors, bytes sent and received, first_seen and last_seen by requester
    independent.py failed  FILE...    failures by status and error code, and the newest 20
    independent.py large   FILE... [--min-size N]   downloads of N bytes and more
    independent.py records FILE...    every record as a row of NDJSON
    independent.py rejects FILE...    every line that is no record, with the reason

A file can be plain, gzip, or - for standard input.
"""

import argparse
import gzip
import json
import re
import signal
import sys
from datetime import datetime, timedelta, timezone

FIELDS = (
    "bucket_owner bucket timestamp remote_ip requester request_id operation key request_uri http_status error_code "
    "bytes_sent object_size total_time turn_around_time referer user_agent version_id host_id signature_version "
    "cipher_suite authentication_type host_header tls_version access_point_arn acl_required source_region"
).split()
TAIL = FIELDS[17:]
NUMBERS = {"http_status", "bytes_sent", "object_size", "total_time", "turn_around_time"}

# The names of the JSON delivery that differ.
JSON_NAMES = {
    "bucket_name": "bucket",
    "request_time": "timestamp",
    "bucket_owner_id": "bucket_owner",
    "key_name": "key",
    "bytes_sent_size": "bytes_sent",
    "total_duration": "total_time",
    "turn_around_duration": "turn_around_time",
}
# What brings bytes in. The request that completes an upload is none of them: its parts are.
WRITES = {
    "REST.PUT.OBJECT", "REST.POST.OBJECT", "REST.COPY.OBJECT", "REST.PUT.PART", "REST.COPY.PART", "SOAP.PutObject",
    "SOAP.PutObjectInline", "SOAP.CopyObject",
}
READS = {"REST.GET.OBJECT", "WEBSITE.GET.OBJECT", "SOAP.GetObject", "SOAP.GetObjectExtended"}
MONTHS = {name: place for place, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}

TIME = rb"\[\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d"
# Up to the key, from the left.
SUBJECT = re.compile(
    rb'([^ "\[][^ ]*) +([^ "\[][^ ]*) +\[(\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] +([^ "\[][^ ]*) +'
    rb'([^ ]*/CloudFront Origin Access Identity [^ ]+|[^ "\[][^ ]*) +([^ "\[][^ ]*) +([^ "\[][^ ]*) +'
)
# The request line ends at the first quote that status, error code and four numbers follow.
RESPONSE = rb' +(\d\d\d|-) +([^ "\[][^ ]*) +(\d+|-) +(\d+|-) +(\d+|-) +(\d+|-) +'
REQUEST = re.compile(rb'((?!' + TIME + rb')[^ "][^ ]*) +(?:"(.*?)"|-)' + RESPONSE, re.DOTALL)
# A key of the first years, with spaces in it.
SPACED = re.compile(rb'([^"\[]+?) +"([A-Z]+ [^ ]+(?: HTTP/[0-9.]+)?)"' + RESPONSE)
# From the right: there is no quote after the user agent.
QUOTED_BOTH = re.compile(rb'"(.*?)" "(.*)"(?: ([^"]*))?', re.DOTALL)
QUOTED_APART = re.compile(rb'"(.*?)"  +"(.*)"(?: ([^"]*))?', re.DOTALL)
BARE_AGENT = re.compile(rb'"(.*)" +-(?: +([^"]*))?', re.DOTALL)
BARE_REFERER = re.compile(rb'- +"(.*)"(?: ([^"]*))?', re.DOTALL)
BARE_BOTH = re.compile(rb'- +-(?: +([^"]*))?')


class Reject(Exception):
    """The line is no record."""


def log_time(text):
    """From `01/Aug/2026:10:30:00 +0000`."""
    month = MONTHS.get(text[3:6])
    if month is None:
        raise Reject("month")
    second = int(text[18:20])
    if second > 60:
        raise Reject("second")
    try:
        time = datetime(int(text[7:11]), month, int(text[0:2]), int(text[12:14]), int(text[15:17]))
        offset = timedelta(hours=int(text[22:24]), minutes=int(text[24:26]))
        time += timedelta(seconds=second)
        return time - offset if text[21:22] == b"+" else time + offset
    except (ValueError, OverflowError) as error:
        raise Reject("time") from error


_times = {}


def known_log_time(text):
    """The same, remembered: neighbouring lines share their second."""
    time = _times.get(text)
    if time is None:
        if len(_times) > 100_000:
            _times.clear()
        time = _times[text] = log_time(text)
    return time


def shown(time):
    text = time.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return text + (f".{time.microsecond // 1000:03}Z" if time.microsecond else "Z")


def is_second_record(text):
    """Whether a text that begins inside of quotes has a time in brackets outside of quotes."""
    for found in re.finditer(TIME, text):
        outside = text.count(b'"', 0, found.start()) % 2 == 1
        record = re.match(
            rb"\[[^\]]{26}\] +[^ ]+ +([^ ]*/CloudFront Origin Access Identity [^ ]+|[^ ]+) +([0-9A-Za-z-]{16}|[0-9A-Za-z-]{36}) +[^ ]+ ",
            text[found.start():],
        )
        # A record that was cut inside its quotes ends where the next one's owner begins.
        owner = re.search(rb"[0-9a-fA-F]{64} +[^ ]+ +$", text[: found.start()])
        if (outside or owner) and record:
            return True
    return False


def is_dash_object(bucket, uri):
    """Whether a dash in the key field is an object of that name."""
    words = uri.split(b" ")
    path = words[1].split(b"?")[0] if len(words) > 1 else b""
    return path in (b"/-", b"/" + bucket + b"/-")


def read_line(line):
    """One line of the log format as a dict of raw texts, `-` included, in the order of the fields."""
    subject = SUBJECT.match(line)
    if not subject:
        raise Reject("subject")
    time = known_log_time(subject[3])
    request = REQUEST.match(line, subject.end())
    if request and request[2] is not None:
        quotes = request[2].count(b'"')
        if quotes and re.search(rb" " + TIME, request[2]):
            raise Reject("glued in request_uri")
    if not request:
        request = SPACED.match(line, subject.end())
        if not request:
            raise Reject("request")
        path = request[2].split(b" ")[1]
        if request[1].rsplit(b" ", 1)[-1] not in path:
            raise Reject("key")
    if any(text != b"-" and (len(text) > 20 or int(text) >= 2**64) for text in request.groups()[-4:]):
        raise Reject("a number of more than 64 bits")
    uri = b"-" if request[2] is None else request[2]
    rest = line[request.end():]

    ambiguous = False
    inside = re.match(rb'"(.*)"', rest, re.DOTALL)
    if inside and is_second_record(inside[1]):
        raise Reject("glued in referer and user_agent")
    both = QUOTED_BOTH.fullmatch(rest)
    apart = QUOTED_APART.fullmatch(rest)
    if both:
        referer, agent, tail = both[1], both[2], both[3]
        splits = re.findall(rb'(?=" ")', inside[1])
        ambiguous = len(splits) > 1
    elif apart:
        referer, agent, tail = apart[1], apart[2], apart[3]
    elif bare := BARE_REFERER.fullmatch(rest):
        referer, agent, tail = b"-", bare[1], bare[2]
        if is_second_record(agent):
            raise Reject("glued in user_agent")
    elif bare := BARE_BOTH.fullmatch(rest):
        referer, agent, tail = b"-", b"-", bare[1]
    elif (bare := BARE_AGENT.fullmatch(rest)) and not bare[1].endswith(b'" '):
        referer, agent, tail = bare[1], b"-", bare[2]
    else:
        raise Reject("referer and user_agent")

    tail = re.findall(rb"[^ ]+", tail or b"")
    if re.search(TIME, b" ".join(tail)):
        raise Reject("glued in the tail")
    if 2 <= len(tail) <= 5:
        raise Reject(f"{17 + len(tail)} fields")
    extra = []
    if len(tail) >= 6 and not is_signature(tail[2]):
        # March 2019: one token more between version_id and host_id.
        in_time = datetime(2019, 3, 1) <= time < datetime(2019, 5, 1)
        if in_time and len(tail[2]) >= 40 and is_signature(tail[3]):
            extra.append(tail.pop(1))
        else:
            raise Reject("signature_version")
    # A host_id can begin with these letters by chance, but none is as short as a signature version.
    if len(tail) >= 2 and tail[1].startswith(b"Sig") and len(tail[1]) < 40:
        raise Reject("signature_version")
    extra = tail[10:] + extra if len(tail) > 10 else extra
    head = [*subject.groups()[:7], request[1], uri, *request.groups()[2:], referer, agent]
    record = dict(zip(FIELDS, head))
    record.update(zip(TAIL, tail))
    record["is_dash"] = record["key"] == b"-" and is_dash_object(record["bucket"], uri)
    return record, time, extra, ambiguous


def is_signature(text):
    return text == b"-" or text.startswith(b"Sig")


def row_of_line(line):
    """One line as a row: typed values, null for a dash."""
    record, time, extra, ambiguous = read_line(line)
    row = dict.fromkeys(FIELDS)
    for name, text in record.items():
        if name == "is_dash":
            continue
        if text == b"-" and not (name == "key" and record["is_dash"]):
            row[name] = False if name == "acl_required" else None
        elif name == "timestamp":
            row[name] = shown(time)
        elif name in NUMBERS:
            row[name] = int(text)
        elif name == "acl_required":
            row[name] = {b"yes": True, b"no": False}.get(text.lower())
            if row[name] is None:
                extra.insert(0, text)
        else:
            row[name] = text.decode("utf-8", "replace")
    row["extra"] = [text.decode("utf-8", "replace") for text in extra]
    return row, time, ambiguous


def row_of_json(line):
    """One object of the JSON delivery as a row."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise Reject("JSON") from error
    if not isinstance(record, dict):
        raise Reject("JSON")
    row = dict.fromkeys(FIELDS)
    extra = []
    # The names of AWS win over others for the same field.
    own = {field for name, field in JSON_NAMES.items() if name in record}
    known = 0
    for name, value in record.items():
        field = JSON_NAMES.get(name, name)
        if field not in row or (name in own):
            text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
            extra.append(f"{name}={'' if value is None else text}")
            continue
        known += 1
        if isinstance(value, (dict, list)):
            raise Reject(field)
        if field in NUMBERS:
            if value is not None and not (isinstance(value, int) and value >= 0):
                raise Reject(field)
            row[field] = value
        else:
            row[field] = value
    if not isinstance(row["timestamp"], str) or (known == 1 and "timestamp" in record):
        raise Reject("no time")
    try:
        time = datetime.fromisoformat(row["timestamp"]).astimezone(timezone.utc).replace(tzinfo=None)
    except ValueError as error:
        raise Reject("time") from error
    row["timestamp"] = shown(time)
    for name, value in row.items():
        if value == "-" and not (name == "key" and is_dash_object(row["bucket"].encode(), (row["request_uri"] or "").encode())):
            row[name] = None
    row["extra"] = extra
    return row, time, False


def lines_of(path):
    """The lines of a file that are not blank, without what re-saving adds around them."""
    if path == "-":
        stream = sys.stdin.buffer
    else:
        stream = open(path, "rb")
        if stream.peek(2)[:2] == b"\x1f\x8b":
            stream = gzip.open(stream)
    with stream:
        for line in stream:
            line = line.rstrip(b" \t\r\n").removeprefix(b"\xef\xbb\xbf").lstrip(b" ")
            if line.strip():
                yield line


def objects(line):
    """The objects of a line of the JSON delivery, which need no line feed between them."""
    if not line.startswith(b"{"):
        return [line]
    text, found, start = line.decode("utf-8", "surrogateescape"), [], 0
    while start < len(text):
        try:
            _, end = json.JSONDecoder().raw_decode(text, start)
        except ValueError:
            end = len(text)
        if not text[end:].lstrip().startswith("{"):
            end = len(text)
        found.append(text[start:end].encode("utf-8", "surrogateescape"))
        start = len(text) - len(text[end:].lstrip())
    return found


def read(paths, tally, on_reject=None):
    """Every record of every file as (row, time, line); what was read is counted in the tally."""
    for path in paths:
        lines = (line for whole in lines_of(path) for line in objects(whole))
        for number, line in enumerate(lines, 1):
            tally["lines"] += 1
            try:
                row, time, ambiguous = row_of_json(line) if line.startswith(b"{") else row_of_line(line)
            except Reject as reject:
                tally["rejected"] += 1
                if on_reject:
                    on_reject(path, number, str(reject), line)
                continue
            tally["records"] += 1
            tally["ambiguous"] += ambiguous
            yield row, time, line


def is_error(row):
    return row["http_status"] is not None and row["http_status"] >= 400


def is_anonymous(row):
    return row["requester"] in (None, "Anonymous")


def top(records):
    groups = {}
    for row, time, _ in records:
        name = None if is_anonymous(row) else row["requester"]
        group = groups.get(name)
        if group is None:
            group = groups[name] = [0, 0, 0, time, time, 0]
        group[0] += 1
        group[1] += is_error(row)
        group[2] += row["bytes_sent"] or 0
        group[3] = min(group[3], time)
        group[4] = max(group[4], time)
        done = row["http_status"] is None or row["http_status"] < 300 or row["http_status"] == 304
        if done and row["operation"] in WRITES:
            group[5] += row["object_size"] or 0
    all_sent = sum(group[2] for group in groups.values())
    rows = [
        {"requester": name, "requests": requests, "errors": errors, "bytes_sent": sent,
         "first_seen": shown(first), "last_seen": shown(last), "bytes_received": received,
         "bytes_share": sent / all_sent if all_sent else None}
        for name, (requests, errors, sent, first, last, received) in groups.items()
    ]
    return {"top": sorted(rows, key=lambda row: (-row["requests"], row["requester"] or "-"))}


def failed(records):
    groups, newest, total = {}, [], 0
    for row, time, line in records:
        if not is_error(row):
            continue
        total += 1
        group = groups.setdefault((row["http_status"], row["error_code"]), [0, set(), time])
        group[0] += 1
        group[1].add(None if is_anonymous(row) else row["requester"])
        group[2] = max(group[2], time)
        newest.append((-(time - datetime(1970, 1, 1)).total_seconds(), line, row["request_id"]))
        if len(newest) > 10_000:
            newest = sorted(newest)[:20]
    rows = [
        {"http_status": status, "error_code": code, "requests": requests, "requesters": len(who),
         "named_requesters": len(who - {None}), "last_seen": shown(last)}
        for (status, code), (requests, who, last) in groups.items()
    ]
    rows.sort(key=lambda row: (-row["requests"], row["http_status"], row["error_code"] or "-"))
    return {"failures": total, "failed": rows, "newest": [request for _, _, request in sorted(newest)[:20]]}


def large(records, min_size):
    rows = [
        (-row["bytes_sent"], line, {name: row[name] for name in (
            "timestamp", "requester", "remote_ip", "operation", "key", "http_status", "bytes_sent", "object_size",
            "total_time", "request_id")})
        for row, _, line in records
        if row["operation"] in READS and row["http_status"] in (200, 206) and (row["bytes_sent"] or 0) >= min_size
    ]
    rows.sort(key=lambda row: row[:2])
    return {"downloads": len(rows), "bytes_sent": -sum(row[0] for row in rows), "large": [row[2] for row in rows]}


def main():
    parser = argparse.ArgumentParser(description="A slow and simple reader of S3 server access logs.")
    parser.add_argument("command", choices=["tally", "top", "failed", "large", "records", "rejects"])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--min-size", type=int, default=50_000_000)
    args = parser.parse_args()
    # A closed pipe ends quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)

    tally = {"lines": 0, "records": 0, "rejected": 0, "ambiguous": 0}
    if args.command == "rejects":
        def show(path, number, reason, line):
            print(json.dumps({"file": path, "line": number, "reason": reason, "text": line.decode("utf-8", "replace")}))
        for _ in read(args.files, tally, show):
            pass
        return
    records = read(args.files, tally)
    if args.command == "records":
        for row, _, _ in records:
            print(json.dumps(row, ensure_ascii=False))
        return
    if args.command == "top":
        answer = top(records)
    elif args.command == "failed":
        answer = failed(records)
    elif args.command == "large":
        answer = large(records, args.min_size)
    else:
        answer = {}
        for _ in records:
            pass
    print(json.dumps({**answer, "tally": tally} if answer else tally, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
