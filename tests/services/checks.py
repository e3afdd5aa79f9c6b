"""What must hold against every server."""

import datetime
import http.client
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading

UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2026, 6, 1, tzinfo=UTC)
LINE = (
    "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be site [{time}] 192.0.2.3 - {id} "
    'REST.GET.OBJECT key-{n} "GET /site/key-{n} HTTP/1.1" 200 - 100 100 10 9 "-" "curl/8" - HOSTID= SigV4 '
    "ECDHE-RSA-AES128-GCM-SHA256 AuthHeader site.s3.amazonaws.com TLSv1.2 - -\n"
)


class Service:
    def __init__(self, name, s3al, port, client, scratch, key, secret):
        self.name, self.s3al, self.port, self.client, self.scratch = name, s3al, port, client, scratch
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        } | {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def bucket(self, name, keys):
        """A bucket with one line of log in each object."""
        self.client.create_bucket(Bucket=name)
        for n, key in enumerate(keys):
            self.put(name, key, n)
        return name

    def put(self, bucket, key, n=0):
        time = BEGIN + datetime.timedelta(hours=n)
        line = LINE.format(time=time.strftime("%d/%b/%Y:%H:%M:%S +0000"), id=f"{n:016X}", n=n)
        self.client.put_object(Bucket=bucket, Key=key, Body=line.encode())

    def run(self, *args, code=0, **environment):
        command = [self.s3al, *args, "--endpoint-url", f"http://127.0.0.1:{self.port}"]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment | environment, timeout=300)
        assert done.returncode == code, f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def folder(self, name):
        folder = self.scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        return folder


def log_key(prefix, hours):
    time = BEGIN + datetime.timedelta(hours=hours)
    return f"{prefix}{time:%Y-%m-%d-%H-%M-%S}-{hours:016X}"


def files(folder):
    """What was fetched. What the folder remembers of its locations is in .s3al."""
    folder = pathlib.Path(folder)
    names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.startswith(".s3al/"))


def fetch_copies_the_bucket(service):
    """fetch copies the logs and nothing else, and a second run downloads nothing"""
    keys = [log_key("prod/", hours) for hours in range(60)]
    bucket = service.bucket("fetch", keys)
    service.client.put_object(Bucket=bucket, Key="prod/readme.txt", Body=b"no log")
    folder = service.folder("fetch")
    done = service.run("fetch", f"s3://{bucket}/prod/", "-o", str(folder))
    assert done.stdout.startswith("60 new objects, "), done.stdout
    assert ", 0 already there, 1 skipped, " in done.stdout, done.stdout
    assert files(folder) == keys
    for n, key in enumerate(keys):
        assert f"key-{n} " in (folder / key).read_text()
    done = service.run("fetch", f"s3://{bucket}/prod/", "-o", str(folder))
    assert done.stdout.startswith("0 new objects, 0 B, 25 already there"), done.stdout


def fetch_is_incremental(service):
    """fetch finds what came late and what is new"""
    bucket = service.bucket("incremental", [log_key("", hours) for hours in range(0, 100, 2)])
    folder = service.folder("incremental")
    service.run("fetch", "--bucket", bucket, "-o", str(folder))
    for hours in (1, 81, 200):
        service.put(bucket, log_key("", hours))
    done = service.run("fetch", "--bucket", bucket, "-o", str(folder))
    assert done.stdout.startswith("2 new objects"), done.stdout
    done = service.run("fetch", "--bucket", bucket, "-o", str(folder), "--lookback", "30d")
    assert done.stdout.startswith("1 new object, "), done.stdout


def windows_of_time(service):
    """a window downloads its names and those of the lag after it"""
    bucket = service.bucket("windows", [log_key("p-", hours) for hours in range(0, 240, 6)])
    folder = service.folder("windows")
    args = ["--since", "2026-06-03", "--until", "2026-06-04", "--delivery-lag", "6h"]
    service.run("fetch", "--bucket", bucket, "--prefix", "p-", "-o", str(folder), *args)
    assert files(folder) == [log_key("p-", hours) for hours in range(48, 79, 6)]


def partitioned_layout(service):
    """folders of days are windows too"""
    keys = []
    for hours in range(0, 240, 6):
        time = BEGIN + datetime.timedelta(hours=hours)
        keys.append(log_key(f"a/123456789012/us-east-1/site/{time:%Y/%m/%d}/", hours))
    bucket = service.bucket("partitioned", keys)
    folder = service.folder("partitioned")
    args = ["--since", "2026-06-03", "--until", "2026-06-04", "--delivery-lag", "0s"]
    service.run("fetch", f"s3://{bucket}/a/", "-o", str(folder), *args)
    assert files(folder) == keys[8:13], files(folder)


def pagination(service):
    """a listing of more than one page is read whole"""
    keys = [log_key("many/", hours) for hours in range(2300)]
    bucket = service.bucket("pagination", keys)
    folder = service.folder("pagination")
    done = service.run("fetch", f"s3://{bucket}/many/", "-o", str(folder), "--dry-run")
    assert done.stdout.startswith("2,300 objects to download"), done.stdout
    assert not folder.exists()
    done = service.run("fetch", f"s3://{bucket}/many/", "-o", str(folder))
    assert done.stdout.startswith("2,300 new objects"), done.stdout
    assert files(folder) == keys


def wrong_credentials(service):
    """wrong credentials end with 2 and say what to try"""
    service.bucket("locked", [log_key("", 0)])
    done = service.run("fetch", "s3://locked", "-o", str(service.folder("locked")), code=2, AWS_ACCESS_KEY_ID="AKIDOTHER")
    assert "--profile" in done.stderr, done.stderr


# moto lets everyone in.
wrong_credentials.services = ("rclone",)


def missing_bucket(service):
    """a bucket that is not there ends with 2"""
    done = service.run("fetch", "s3://not-there", "-o", str(service.folder("missing")), code=2)
    assert 'bucket "not-there" does not exist' in done.stderr, done.stderr


def analysis_without_a_copy(service):
    """a command reads the bucket as it reads a copy of it"""
    if "--bucket" not in subprocess.run([service.s3al, "export", "--help"], capture_output=True, text=True).stdout:
        return
    bucket = service.bucket("analysis", [log_key("logs/", hours) for hours in range(30)])
    folder = service.folder("analysis")
    service.run("fetch", f"s3://{bucket}/logs/", "-o", str(folder))
    local = subprocess.run([service.s3al, "export", str(folder)], capture_output=True, text=True, check=True).stdout
    assert local.count("\n") == 30
    assert service.run("export", f"s3://{bucket}/logs/").stdout == local
    assert service.run("export", "--bucket", bucket, "--prefix", "logs/").stdout == local


def logs_of_a_bucket(service):
    """--logs-of finds the logs of a bucket, and says how to turn logging on"""
    site = service.bucket("site", [])
    done = service.run("fetch", "--logs-of", site, "-o", str(service.folder("logs-of")), code=2)
    assert "aws s3api put-bucket-logging --bucket site" in done.stderr, done.stderr
    logs = service.bucket("site-logs", [log_key("site/", 0)])
    grantee = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    grants = [{"Grantee": grantee, "Permission": permission} for permission in ("READ_ACP", "WRITE")]
    owner = service.client.get_bucket_acl(Bucket=logs)["Owner"]
    service.client.put_bucket_acl(Bucket=logs, AccessControlPolicy={"Grants": grants, "Owner": owner})
    target = {"TargetBucket": logs, "TargetPrefix": "site/"}
    service.client.put_bucket_logging(Bucket=site, BucketLoggingStatus={"LoggingEnabled": target})
    folder = service.folder("logs-of")
    done = service.run("fetch", "--logs-of", site, "-o", str(folder))
    assert "the access logs of site are in s3://site-logs/site/" in done.stderr, done.stderr
    assert log_key("site/", 0) in files(folder)


logs_of_a_bucket.services = ("moto",)


def regional(service, region):
    """A client of a region: moto keeps buckets of all regions apart by what they were created with."""
    import boto3
    import botocore.client

    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{service.port}",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secretexample",
        region_name=region,
        config=botocore.client.Config(s3={"addressing_style": "path"}),
    )


def create(service, name, region):
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    regional(service, region).create_bucket(Bucket=name, **place)


def tables(service, *args, code=0):
    return json.loads(service.run("logging", *args, "--format", "json", code=code).stdout)["tables"]


def five_buckets_in_two_regions(service):
    """logging enable: the example of AWS's guide, five buckets in two regions with a log bucket each, and back"""
    regions = {"us-east-1": ["1-five-us-east-1", "2-five-us-east-1", "3-five-us-east-1"],
               "us-west-2": ["1-five-us-west-2", "2-five-us-west-2"]}
    for region, buckets in regions.items():
        for bucket in buckets:
            create(service, bucket, region)
        logs = f"five-logs-{region}"
        words = ["enable", *buckets, "--target", logs, "--create-target", "--expire", "365d", "--layout", "simple"]
        plan = tables(service, *words)["changes"]
        # The bucket, its policy, a rule for each prefix, and each bucket.
        assert len(plan) == 2 + 2 * len(buckets), plan
        assert all(step["state"] == "planned" and step["command"] for step in plan), plan
        assert logs not in [bucket["Name"] for bucket in service.client.list_buckets()["Buckets"]]
        done = tables(service, *words, "--apply")["changes"]
        assert [step["state"] for step in done] == ["done"] * len(plan), done
        client = regional(service, region)
        for bucket in buckets:
            target = client.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
            assert (target["TargetBucket"], target["TargetPrefix"]) == (logs, f"{bucket}/"), target
        policy = json.loads(client.get_bucket_policy(Bucket=logs)["Policy"])
        assert len(policy["Statement"]) == len(buckets), policy
        for statement, bucket in zip(policy["Statement"], buckets):
            assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
            assert statement["Resource"] == f"arn:aws:s3:::{logs}/{bucket}/*"
            assert statement["Condition"] == {
                "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
                "StringEquals": {"aws:SourceAccount": "123456789012"},
            }, statement
        rules = client.get_bucket_lifecycle_configuration(Bucket=logs)["Rules"]
        assert [rule["Expiration"]["Days"] for rule in rules] == [365] * len(buckets), rules
        # Run twice, the second run changes nothing.
        again = service.run("logging", *words, "--apply")
        assert "there is nothing to change" in again.stderr, again.stderr
        status = tables(service, "status", *buckets, "--retention", "365d", "--fail")
        assert status["findings"] == [], status["findings"]
        assert [row["logging"] for row in status["buckets"]] == ["on"] * len(buckets)
    everywhere = [bucket for buckets in regions.values() for bucket in buckets]
    refused = service.run("logging", "enable", *everywhere, "--target", "five-logs-us-east-1", code=2)
    assert "1-five-us-west-2 is in us-west-2, five-logs-us-east-1 in us-east-1" in refused.stderr, refused.stderr
    # And back: what others wrote into the policy stays, and so do logs and their expiry.
    logs, buckets = "five-logs-us-west-2", regions["us-west-2"]
    client = regional(service, "us-west-2")
    policy = json.loads(client.get_bucket_policy(Bucket=logs)["Policy"])
    other = {"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{logs}/*"}
    client.put_bucket_policy(Bucket=logs, Policy=json.dumps(policy | {"Statement": [other, *policy["Statement"]]}))
    client.put_object(Bucket=logs, Key=log_key("1-five-us-west-2/", 1), Body=b"")
    service.run("logging", "disable", *buckets, "--apply")
    assert all("LoggingEnabled" not in client.get_bucket_logging(Bucket=bucket) for bucket in buckets)
    assert json.loads(client.get_bucket_policy(Bucket=logs)["Policy"])["Statement"] == [other]
    kept = [found["Key"] for found in client.list_objects_v2(Bucket=logs)["Contents"]]
    assert log_key("1-five-us-west-2/", 1) in kept, kept
    assert len(client.get_bucket_lifecycle_configuration(Bucket=logs)["Rules"]) == 2


def what_is_wrong_with_logging(service):
    """logging status: each thing that is wrong in a real bucket is found, and the rest is not"""
    for name in ("status-site", "status-shop", "status-logs"):
        create(service, name, "us-east-1")
    service.run("logging", "enable", "status-site", "--target", "status-logs", "--expire", "1000d", "--apply")

    def found(*more):
        findings = tables(service, "status", "status-site", *more)["findings"]
        assert all(finding["meaning"] and finding["mend"] for finding in findings), findings
        return sorted(finding["finding"] for finding in findings)

    assert found() == []
    assert found("--retention", "30d") == ["expiry"]
    service.run("logging", "status", "status-site", "--retention", "30d", "--fail", code=1)
    client, logs = service.client, "status-logs"
    policy = client.get_bucket_policy(Bucket=logs)["Policy"]
    client.delete_bucket_policy(Bucket=logs)
    assert found() == ["not_allowed"]
    open_to_all = json.loads(policy)
    del open_to_all["Statement"][0]["Condition"]
    client.put_bucket_policy(Bucket=logs, Policy=json.dumps(open_to_all))
    assert found() == ["open_to_others"]
    client.put_bucket_policy(Bucket=logs, Policy=policy)
    for algorithm, expected in (("aws:kms", ["kms"]), ("AES256", [])):
        rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]
        client.put_bucket_encryption(Bucket=logs, ServerSideEncryptionConfiguration={"Rules": rules})
        assert found() == expected
    rules = client.get_bucket_lifecycle_configuration(Bucket=logs)["Rules"]
    client.delete_bucket_lifecycle(Bucket=logs)
    assert found() == ["no_expiry"]
    client.put_bucket_lifecycle_configuration(Bucket=logs, LifecycleConfiguration={"Rules": rules})
    # Rules that are there stay when one is added.
    service.run("logging", "enable", "status-shop", "--target", logs, "--expire", "400d", "--apply")
    assert len(client.get_bucket_lifecycle_configuration(Bucket=logs)["Rules"]) == 2
    # The log bucket logs into the bucket whose logs it takes.
    grantee = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    owner = client.get_bucket_acl(Bucket="status-site")["Owner"]
    grants = [{"Grantee": grantee, "Permission": permission} for permission in ("READ_ACP", "WRITE")]
    client.put_bucket_acl(Bucket="status-site", AccessControlPolicy={"Grants": grants, "Owner": owner})
    back = {"LoggingEnabled": {"TargetBucket": "status-site", "TargetPrefix": "back/"}}
    client.put_bucket_logging(Bucket=logs, BucketLoggingStatus=back)
    assert found() == ["logs_in_circle"]
    client.put_bucket_logging(Bucket=logs, BucketLoggingStatus={})
    # moto delivers logs itself.
    rows = tables(service, "status", "status-site", "status-shop")["buckets"]
    assert all(row["newest_log"] and row["age"] < 3_600_000 for row in rows), rows
    self_logging = service.run("logging", "enable", logs, "--target", logs, code=2)
    assert "would log into itself" in self_logging.stderr


def granted(client, bucket, uri, *permissions):
    """Grants something to a group, beside nothing else."""
    owner = client.get_bucket_acl(Bucket=bucket)["Owner"]
    grantee = {"Type": "Group", "URI": f"http://acs.amazonaws.com/groups/{uri}"}
    grants = [{"Grantee": grantee, "Permission": permission} for permission in permissions]
    client.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Grants": grants, "Owner": owner})


def access_control_lists_and_object_lock(service):
    """logging status: grants to the log delivery group and to everybody, and Object Lock, as moto holds them"""
    client = service.client
    create(service, "acl-site", "us-east-1")
    create(service, "acl-logs", "us-east-1")
    granted(client, "acl-logs", "s3/LogDelivery", "WRITE", "READ_ACP")
    # moto takes the retention of empty buckets only, and delivers logs itself.
    for name in ("locked-logs", "retaining-logs"):
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
        granted(client, name, "s3/LogDelivery", "WRITE", "READ_ACP")
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": retention}
    client.put_object_lock_configuration(Bucket="retaining-logs", ObjectLockConfiguration=lock)

    def found(target="acl-logs"):
        logging = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "acl-site/"}}
        client.put_bucket_logging(Bucket="acl-site", BucketLoggingStatus=logging)
        findings = tables(service, "status", "acl-site")["findings"]
        return sorted(finding["finding"] for finding in findings if finding["finding"] != "no_expiry")

    def owned(rule):
        rules = {"Rules": [{"ObjectOwnership": rule}]}
        client.put_bucket_ownership_controls(Bucket="acl-logs", OwnershipControls=rules)

    assert found() == []
    owned("BucketOwnerEnforced")
    assert found() == ["acl_only"]
    service.run("logging", "enable", "acl-site", "--target", "acl-logs", "--layout", "simple", "--apply")
    assert found() == []
    owned("ObjectWriter")
    granted(client, "acl-logs", "global/AllUsers", "READ")
    assert found() == ["public"]
    block = {"IgnorePublicAcls": True, "RestrictPublicBuckets": False}
    client.put_public_access_block(Bucket="acl-logs", PublicAccessBlockConfiguration=block)
    assert found() == []
    for name in ("locked-logs", "retaining-logs"):
        assert found(name) == ["object_lock"]
        refused = service.run("logging", "enable", "acl-site", "--target", name, "--apply", code=2)
        assert "locks objects" in refused.stderr, refused.stderr


class Failing(http.server.ThreadingHTTPServer):
    """Hands on to moto what changes nothing, and as many changes as there are to be; the next one fails."""

    def __init__(self, port):
        self.port, self.left, self.lock = port, None, threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            fails = self.command in ("PUT", "DELETE") and self.server.left == 0
            if self.command in ("PUT", "DELETE"):
                self.server.left -= 1
        if fails:
            text = b"<Error><Code>AccessDenied</Code><Message>not now</Message></Error>"
            return self.answer(403, {"Content-Type": "application/xml"}, text)
        moto = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        moto.request(self.command, self.path, body, {**self.headers})
        answer = moto.getresponse()
        self.answer(answer.status, dict(answer.getheaders()), answer.read())

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = hand_on

    def log_message(self, *_):
        pass


def a_failure_in_the_middle(service):
    """logging enable --apply: any change fails; what was done is what is said, and the next run goes on"""
    for failing in range(7):
        sites = [f"{name}-{failing}" for name in ("one", "two", "three")]
        for site in sites:
            create(service, site, "us-east-1")
        logs = f"failing-logs-{failing}"
        words = ["logging", "enable", *sites, "--target", logs, "--create-target", "--expire", "90d", "--apply", "--format", "json"]
        # moto knows no other layout.
        words += ["--layout", "simple"]
        proxy = Failing(service.port)
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            proxy.left = failing
            through = Service(service.name, service.s3al, proxy.server_address[1], None, None, *(service.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")))
            ran = through.run(*words, code=3 if failing else 2)
        finally:
            proxy.shutdown()
            thread.join()
            proxy.server_close()
        states = [change["state"] for change in json.loads(ran.stdout)["tables"]["changes"]]
        assert states == ["done"] * failing + ["failed"] + ["not done"] * (7 - failing), states
        assert f"{failing} of 8 changes are made" in ran.stderr and "access denied (not now)" in ran.stderr, ran.stderr
        logged = [site for site in sites if "LoggingEnabled" in service.client.get_bucket_logging(Bucket=site)]
        assert len(logged) == max(0, failing - 5), logged
        states = [change["state"] for change in json.loads(service.run(*words).stdout)["tables"]["changes"]]
        assert states == ["done"] * (8 - failing), states
        assert json.loads(service.run(*words).stdout)["tables"]["changes"] == []
        assert tables(service, "status", *sites, "--retention", "90d", "--fail")["findings"] == []


def examples_of_logging(service):
    """every example in the help of logging does what it is an example of"""
    for name in ("my-site", "my-shop", "my-logs"):
        create(service, name, "us-east-1")
    help = subprocess.run([service.s3al, "logging", "--help"], capture_output=True, text=True, check=True).stdout
    examples = [line.split()[1:] for line in help.splitlines() if line.startswith("  s3al logging ")]
    assert len(examples) >= 5, examples
    # Findings, where a run judges: nothing of these buckets is set up at first.
    for example in examples:
        service.run(*example)


a_failure_in_the_middle.services = ("moto",)
access_control_lists_and_object_lock.services = ("moto",)
five_buckets_in_two_regions.services = ("moto",)
examples_of_logging.services = ("moto",)
what_is_wrong_with_logging.services = ("moto",)

ALL = [
    fetch_copies_the_bucket,
    fetch_is_incremental,
    windows_of_time,
    partitioned_layout,
    pagination,
    wrong_credentials,
    missing_bucket,
    analysis_without_a_copy,
    logs_of_a_bucket,
    a_failure_in_the_middle,
    access_control_lists_and_object_lock,
    examples_of_logging,
    five_buckets_in_two_regions,
    what_is_wrong_with_logging,
]
