"""Questions of docs/questions.md: the command that answers each, the columns of its answer that are compared, and the same in SQL.

Engines differ in many functions; these queries have only what all of them take.
"""

from typing import NamedTuple


class Question(NamedTuple):
    name: str
    command: str
    columns: str
    sql: str


FAILED = "count(case when http_status >= 400 then 1 end)"
WINDOW = "timestamp >= timestamp '2026-08-03 08:00:00' and timestamp < timestamp '2026-08-03 12:30:00'"
IN_WINDOW = "--since 2026-08-03T08:00 --until 2026-08-03T12:30"

ALL = [
    Question(
        "What did an IAM user do?",
        "top --requester bob --by operation,key,http_status",
        "operation,key,http_status,requests",
        "select operation, key, http_status, count(*) from logs where requester like '%/bob' group by operation, key, http_status",
    ),
    Question(
        "How much data was sent to an address in a window?",
        "top --ip 198.51.100.7 --since 2026-08-04T09:00 --until 2026-08-04T10:00 --by remote_ip",
        "remote_ip,requests,errors,bytes_sent",
        f"""select remote_ip, count(*), {FAILED}, sum(bytes_sent) from logs where remote_ip = '198.51.100.7'
            and timestamp >= timestamp '2026-08-04 09:00:00' and timestamp < timestamp '2026-08-04 10:00:00' group by remote_ip""",
    ),
    Question(
        "Which requests wrote objects in a window?",
        f"top --operation REST.PUT.OBJECT {IN_WINDOW} --by key,requester,http_status",
        "key,requester,http_status,requests",
        f"""select key, requester, http_status, count(*) from logs where operation = 'REST.PUT.OBJECT' and {WINDOW}
            group by key, requester, http_status""",
    ),
    Question(
        "Which requests read objects in a window?",
        f"top --operation REST.GET.OBJECT {IN_WINDOW} --by key,http_status",
        "key,http_status,requests,errors,bytes_sent",
        f"""select key, http_status, count(*), {FAILED}, sum(bytes_sent) from logs where operation = 'REST.GET.OBJECT' and {WINDOW}
            group by key, http_status""",
    ),
    Question(
        "Which requests came without credentials in a window?",
        f"top --anonymous {IN_WINDOW} --by operation,key,remote_ip,http_status",
        "operation,key,remote_ip,http_status,requests",
        f"""select operation, key, remote_ip, http_status, count(*) from logs where requester is null and {WINDOW}
            group by operation, key, remote_ip, http_status""",
    ),
    Question(
        "How many requests were there each day?",
        "top --by day",
        "day,requests,errors",
        f"select date, count(*), {FAILED} from logs group by date",
    ),
    Question(
        "Which objects are asked for most?",
        "top --by bucket,key --key !-",
        "bucket,key,requests",
        "select bucket, key, count(*) from logs where key is not null group by bucket, key",
    ),
    Question(
        "Which addresses send the most requests?",
        "top --by remote_ip --having requests>5",
        "remote_ip,requests",
        "select remote_ip, count(*) from logs group by remote_ip having count(*) > 5",
    ),
    Question(
        "Which errors are the most frequent?",
        "top --by http_status,error_code --error *",
        "http_status,error_code,requests",
        "select http_status, error_code, count(*) from logs where error_code is not null group by http_status, error_code",
    ),
    Question(
        "Which requests came without credentials?",
        "top --anonymous --by bucket,operation,http_status",
        "bucket,operation,http_status,requests",
        """select bucket, operation, http_status, count(*) from logs where requester is null
           group by bucket, operation, http_status""",
    ),
    Question(
        "Which address sent more than 100 requests in a minute to a bucket?",
        "top --every 1m --by remote_ip,bucket --having requests>100",
        "remote_ip,bucket,requests",
        """select remote_ip, bucket, count(*) from logs group by date_trunc('minute', timestamp), remote_ip, bucket
           having count(*) > 100""",
    ),
    Question(
        "Which address failed more than 50 times on a bucket?",
        "top --by remote_ip,bucket --having errors>50",
        "remote_ip,bucket,requests,errors",
        f"""select remote_ip, bucket, count(*), {FAILED} from logs group by remote_ip, bucket having {FAILED} > 50""",
    ),
]
